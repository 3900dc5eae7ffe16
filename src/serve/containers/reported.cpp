// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/reported.hpp"

#include "base/text.hpp"
#include "serve/containers/reader.hpp"

namespace oci::serve {

Reported read_reported(std::string_view errors) {
    Reported reported;
    for (const std::string_view line : split(trim(errors), '\n')) {
        const auto document = spec::parse_json(line);
        std::string said{line};
        if (document) {
            Mistakes ignored;
            Reader reader{document.value(), "", ignored};
            said = reader.text("msg").value_or(said);
            if (reader.text("level") == "error") {
                reported.code = reader.text("code").value_or("");
                reported.pointer = reader.text("pointer").value_or("");
            }
        }
        reported.text += (reported.text.empty() ? "" : "\n") + said;
    }
    return reported;
}

}  // namespace oci::serve
