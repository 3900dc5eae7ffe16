// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "oci-rt/runtime.hpp"
#include "spec/template.hpp"

namespace oci {

std::string Runtime::spec_template(bool rootless) {
    if (!rootless) return spec::template_text({});
    return spec::template_text(std::pair{::geteuid(), ::getegid()});
}

}  // namespace oci
