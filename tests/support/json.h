// A strict reader of JSON for tests: what it takes is JSON (RFC 8259), and nothing else is.
#pragma once

#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tv::test {

struct Json {
    enum class Kind { Null, Bool, Number, String, Array, Object };
    Kind kind = Kind::Null;
    bool truth = false;
    double number = 0;
    std::string digits; // of a number, as written
    std::string text;   // UTF-8
    std::vector<Json> items;
    std::map<std::string, Json> members;

    [[nodiscard]] bool has(const std::string& key) const { return members.contains(key); }
    // Throws when there is no such member.
    [[nodiscard]] const Json& operator[](const std::string& key) const { return members.at(key); }

    // nullopt: no JSON, a member twice, or something after it.
    [[nodiscard]] static std::optional<Json> parse(std::string_view text);
};

namespace detail {

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : rest_(text) {}

    Json whole() {
        Json value = any();
        space();
        if (!rest_.empty()) wrong();
        return value;
    }

private:
    [[noreturn]] static void wrong() { throw std::runtime_error("no JSON"); }
    void space() {
        while (!rest_.empty() &&
               (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\r' || rest_[0] == '\n'))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view what) {
        if (!rest_.starts_with(what)) return false;
        rest_.remove_prefix(what.size());
        return true;
    }
    void need(std::string_view what) {
        if (!take(what)) wrong();
    }
    char next() {
        if (rest_.empty()) wrong();
        const char c = rest_[0];
        rest_.remove_prefix(1);
        return c;
    }
    bool digit() const { return !rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0])) != 0; }

    Json any() {
        space();
        Json value;
        if (take("{")) return object();
        if (take("[")) return array();
        if (take("\"")) {
            value.kind = Json::Kind::String;
            value.text = string();
        } else if (take("true")) {
            value.kind = Json::Kind::Bool;
            value.truth = true;
        } else if (take("false")) {
            value.kind = Json::Kind::Bool;
        } else if (!take("null")) {
            return number();
        }
        return value;
    }
    Json object() {
        Json value;
        value.kind = Json::Kind::Object;
        space();
        if (take("}")) return value;
        do {
            space();
            need("\"");
            std::string key = string();
            space();
            need(":");
            if (!value.members.emplace(std::move(key), any()).second) wrong();
            space();
        } while (take(","));
        need("}");
        return value;
    }
    Json array() {
        Json value;
        value.kind = Json::Kind::Array;
        space();
        if (take("]")) return value;
        do {
            value.items.push_back(any());
            space();
        } while (take(","));
        need("]");
        return value;
    }
    Json number() {
        const std::string_view begin = rest_;
        (void)take("-");
        if (!take("0")) {
            if (!digit()) wrong();
            while (digit()) rest_.remove_prefix(1);
        }
        if (take(".")) {
            if (!digit()) wrong();
            while (digit()) rest_.remove_prefix(1);
        }
        if (take("e") || take("E")) {
            if (!take("+")) (void)take("-");
            if (!digit()) wrong();
            while (digit()) rest_.remove_prefix(1);
        }
        Json value;
        value.kind = Json::Kind::Number;
        value.digits = begin.substr(0, begin.size() - rest_.size());
        value.number = std::strtod(value.digits.c_str(), nullptr);
        return value;
    }
    unsigned hex4() {
        unsigned code = 0;
        for (int i = 0; i < 4; ++i) {
            const char c = next();
            if (std::isxdigit(static_cast<unsigned char>(c)) == 0) wrong();
            code = code * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        }
        return code;
    }
    void append(std::string& text, unsigned code) {
        if (code < 0x80) {
            text += static_cast<char>(code);
            return;
        }
        const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        constexpr unsigned kLead[] = {0, 0xc0, 0xe0, 0xf0};
        text += static_cast<char>(kLead[more] | code >> (6 * more));
        for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3f));
    }
    std::string string() {
        std::string text;
        for (char c = next(); c != '"'; c = next()) {
            if (static_cast<unsigned char>(c) < 0x20) wrong();
            if (c != '\\') {
                text += c;
                continue;
            }
            c = next();
            if (c == 'u') {
                unsigned code = hex4();
                if (code >= 0xd800 && code < 0xdc00) {
                    need("\\u");
                    const unsigned low = hex4();
                    if (low < 0xdc00 || low >= 0xe000) wrong();
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                } else if (code >= 0xdc00 && code < 0xe000) {
                    wrong();
                }
                append(text, code);
                continue;
            }
            constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
            const std::size_t at = kNames.find(c);
            if (at == kNames.npos) wrong();
            text += kMeanings[at];
        }
        return text;
    }

    std::string_view rest_;
};

} // namespace detail

inline std::optional<Json> Json::parse(std::string_view text) {
    try {
        return detail::JsonReader(text).whole();
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

} // namespace tv::test
