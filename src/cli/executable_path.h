// Where this program's own file is, so that it can start itself again.
#pragma once

#include <string>

#include "base/result.h"

namespace tv::cli {

[[nodiscard]] Result<std::string> executable_path();

} // namespace tv::cli
