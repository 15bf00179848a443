// The style sheet of report.html: it stands in the page, which must need nothing else.
#pragma once

#include <string_view>

namespace fusebox::chaos {

extern const std::string_view kReportStyle;

}  // namespace fusebox::chaos
