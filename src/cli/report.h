// Reports for people and for programs: columns of words, and JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tv::cli {

// Columns as wide as their widest cell, two blanks between, no blanks at line ends.
[[nodiscard]] std::string columns(const std::vector<std::vector<std::string>>& rows);

// An object on one line; members in the order in which they were added.
class JsonObject {
public:
    JsonObject& text(std::string_view name, std::string_view value);
    JsonObject& number(std::string_view name, std::int64_t value);
    JsonObject& decimal(std::string_view name, double value); // two digits
    JsonObject& flag(std::string_view name, bool value);
    JsonObject& raw(std::string_view name, std::string_view json);
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};
[[nodiscard]] std::string json_array(const std::vector<std::string>& items);

} // namespace tv::cli
