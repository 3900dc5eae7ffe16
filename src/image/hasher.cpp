// SPDX-License-Identifier: Apache-2.0
#include "image/hasher.hpp"

#include <array>

#include <openssl/evp.h>

#include "base/explain.hpp"

namespace oci::image {

struct Hasher::Context {
    EVP_MD_CTX* md = nullptr;
};

void Hasher::Free::operator()(Context* context) const noexcept {
    EVP_MD_CTX_free(context->md);
    delete context;
}

Result<Hasher> Hasher::start(DigestAlgorithm algorithm) {
    std::unique_ptr<Context, Free> context{new Context{EVP_MD_CTX_new()}};
    const EVP_MD* type = algorithm == DigestAlgorithm::Sha256 ? EVP_sha256() : EVP_sha512();
    if (context->md == nullptr || EVP_DigestInit_ex(context->md, type, nullptr) != 1)
        return fail(ErrorKind::System, "libcrypto cannot start {}", name_of(algorithm));
    return Hasher{algorithm, std::move(context)};
}

Result<void> Hasher::update(std::span<const char> bytes) {
    if (EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) != 1)
        return fail(ErrorKind::System, "libcrypto cannot go on with {}", name_of(algorithm_));
    return {};
}

Result<Digest> Hasher::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_->md, bytes.data(), &size) != 1)
        return fail(ErrorKind::System, "libcrypto cannot end {}", name_of(algorithm_));
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(std::size_t{size} * 2);
    for (const unsigned char byte : std::span{bytes}.first(size)) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return Digest{algorithm_, std::move(hex)};
}

Result<Digest> digest_of(std::string_view bytes, DigestAlgorithm algorithm) {
    Hasher hasher = OCI_TRY(Hasher::start(algorithm));
    OCI_TRY(hasher.update(bytes));
    return hasher.finish();
}

}  // namespace oci::image
