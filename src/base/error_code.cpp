// SPDX-License-Identifier: Apache-2.0
#include "base/error_code.hpp"

#include <cerrno>

namespace oci {
namespace {

std::string_view code_of_errno(int number) noexcept {
    switch (number) {
        case EPERM:
        case EACCES: return "permission-denied";
        case EROFS: return "read-only";
        case ENOSPC:
        case EDQUOT: return "no-space";
        case EMFILE:
        case ENFILE: return "too-many-open-files";
        case ENOMEM: return "out-of-memory";
        default: return "system";
    }
}

}  // namespace

std::string_view code_of(const Error& error) noexcept {
    if (!error.code.empty()) return error.code;
    switch (error.kind) {
        case ErrorKind::InvalidConfig: return "invalid-config";
        case ErrorKind::NotFound: return "not-found";
        case ErrorKind::AlreadyExists: return "already-exists";
        case ErrorKind::WrongStatus: return "wrong-status";
        case ErrorKind::Unsupported: return "unsupported";
        case ErrorKind::System: break;
    }
    return code_of_errno(error.number);
}

}  // namespace oci
