// SPDX-License-Identifier: Apache-2.0
//
// The part of {fmt} that is not in its headers, compiled here once: the program
// then needs no libfmt.so, and no other file pays for it (0.8 s each instead of
// 3.9 s, as header-only use would cost).
#include <fmt/format-inl.h>

#if FMT_VERSION >= 100000
#error "newer versions keep other parts out of their headers: meson.build uses them header-only"
#endif

FMT_BEGIN_NAMESPACE
namespace detail {

// Declared extern by format.h.
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl(locale_ref) -> char;
template auto dragonbox::to_decimal(float value) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal(double value) noexcept -> dragonbox::decimal_fp<double>;
template locale_ref::locale_ref(const std::locale& locale);
template auto locale_ref::get<std::locale>() const -> std::locale;
template void buffer<char>::append(const char* begin, const char* end);

}  // namespace detail
FMT_END_NAMESPACE
