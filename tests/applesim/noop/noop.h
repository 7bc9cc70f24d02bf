#pragma once

#include <map>
#include <string>

namespace tv::noop {

// Of the functions that are used once a picture.
std::map<std::string, unsigned long> calls();

} // namespace tv::noop
