// Byte strings for tests.
#pragma once

#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tv::test {

using Buffer = std::vector<std::byte>;

// "82 01 00 00" to bytes; blanks are ignored.
inline Buffer hex(std::string_view text) {
    auto digit = [](char c) -> unsigned {
        return static_cast<unsigned>(std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : c - 'a' + 10);
    };
    Buffer bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ' ') continue;
        bytes.push_back(std::byte(digit(text[i]) << 4 | digit(text[i + 1])));
        ++i;
    }
    return bytes;
}

inline Buffer copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

inline Buffer text_bytes(std::string_view text) {
    return copy(std::as_bytes(std::span(text)));
}

template <typename Generator>
Buffer random_bytes(Generator& generator, std::size_t size) {
    Buffer bytes(size);
    for (auto& byte : bytes) byte = std::byte(static_cast<unsigned char>(generator()));
    return bytes;
}

// Empty when the file cannot be read.
inline Buffer read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return text_bytes(content);
}

} // namespace tv::test
