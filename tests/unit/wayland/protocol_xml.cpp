#include "protocol_xml.h"

#include <expat.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace tv::test {
namespace {

struct Builder {
    std::vector<XmlInterface> interfaces;
    XmlMessage* message = nullptr; // that args belong to
};

std::string attribute(const XML_Char** attributes, std::string_view name) {
    for (; attributes[0] != nullptr; attributes += 2)
        if (attributes[0] == name) return attributes[1];
    return {};
}

unsigned number(const std::string& text, unsigned otherwise) {
    return text.empty() ? otherwise : static_cast<unsigned>(std::stoul(text));
}

void add_argument(XmlMessage& message, const XML_Char** attributes) {
    const std::string type = attribute(attributes, "type");
    if (type == "new_id") {
        message.creates = attribute(attributes, "interface");
        // Without a fixed interface its name and version travel before the id.
        message.signature += message.creates.empty() ? "sun" : "n";
        return;
    }
    if (attribute(attributes, "allow-null") == "true") message.signature += '?';
    if (type == "fd")
        message.signature += 'h';
    else
        message.signature += type.empty() ? '!' : type.front(); // int uint fixed string object array
}

void start_element(void* user, const XML_Char* name, const XML_Char** attributes) {
    auto& builder = *static_cast<Builder*>(user);
    const std::string_view element = name;
    if (element == "interface") {
        builder.interfaces.push_back(
            {attribute(attributes, "name"), number(attribute(attributes, "version"), 0), {}, {}});
    } else if (element == "request" || element == "event") {
        if (builder.interfaces.empty()) return;
        auto& entry = builder.interfaces.back();
        auto& messages = element == "request" ? entry.requests : entry.events;
        messages.push_back({attribute(attributes, "name"),
                            {},
                            {},
                            number(attribute(attributes, "since"), 1),
                            attribute(attributes, "type") == "destructor"});
        builder.message = &messages.back();
    } else if (element == "arg" && builder.message != nullptr) {
        add_argument(*builder.message, attributes);
    }
}

void end_element(void* user, const XML_Char* name) {
    const std::string_view element = name;
    if (element == "request" || element == "event") static_cast<Builder*>(user)->message = nullptr;
}

} // namespace

std::vector<XmlInterface> read_protocol_xml(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) throw std::runtime_error("cannot read " + file.string());

    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr),
                                                                              &XML_ParserFree);
    Builder builder;
    XML_SetUserData(parser.get(), &builder);
    XML_SetElementHandler(parser.get(), start_element, end_element);
    if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_ERROR)
        throw std::runtime_error(file.string() + ": " + XML_ErrorString(XML_GetErrorCode(parser.get())));
    return std::move(builder.interfaces);
}

} // namespace tv::test
