#include "script.h"

#include <charconv>
#include <sstream>

#include <fmt/format.h>

namespace tv::test {

namespace {

// The rest of a line after the command's word and one space.
std::string rest_of(std::istringstream& words) {
    std::string rest;
    std::getline(words, rest);
    return rest.starts_with(' ') ? rest.substr(1) : rest;
}

std::string save(const Picture& picture, const std::string& path) {
    if (picture.width == 0) return "error nothing to show";
    if (!write_png(picture, path)) return "error cannot write " + path;
    return fmt::format("ok {}x{} crc={:08x}{}", picture.width, picture.height, picture.crc,
                       picture.blank() ? " blank" : "");
}

std::string save_picture(TestCompositor& compositor, std::istringstream& words) {
    std::string path;
    std::string what;
    words >> path >> what;
    if (what.empty() || what == "tiled") return save(compositor.render(Layout::Tiled), path);
    if (what == "screen") return save(compositor.render_screen(0), path);
    int client = 0;
    if (!(words >> client)) client = 1;
    const auto picture = compositor.picture(client, what);
    return picture ? save(*picture, path) : "error no picture of " + what;
}

} // namespace

const char* command_help() {
    return "  type TEXT              press and release the keys for TEXT (\\n for Return)\n"
           "  key CODE 0|1           release or press a Linux key code\n"
           "  motion X Y             move the pointer, in the focused surface's coordinates\n"
           "  button CODE 0|1        272 is the left button\n"
           "  scroll VALUE           vertical axis\n"
           "  focus N                focus the nth toplevel; -1: none\n"
           "  configure N W H        ask the nth toplevel for a size\n"
           "  close N                ask the nth toplevel to close\n"
           "  dismiss                send popup_done to all popups\n"
           "  png FILE [tiled|screen|wl_surface#N [CLIENT]]\n"
           "  commits                how many commits had a buffer\n"
           "  clients                how many clients are connected, and were\n"
           "  log FILE               write all that happened\n"
           "  stall, resume          stop and go on reading\n"
           "  disconnect CLIENT      end a client's connection\n"
           "  quit\n";
}

std::string carry_out(TestCompositor& compositor, const std::string& command) {
    std::istringstream words(command);
    std::string word;
    words >> word;
    if (word == "quit") return {};
    if (word == "type") {
        std::string text = rest_of(words);
        for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n"))
            text.replace(at, 2, "\n");
        compositor.type(text);
    } else if (word == "key" || word == "button") {
        std::uint32_t code = 0;
        int pressed = 0;
        if (!(words >> code >> pressed)) return "error usage: " + word + " CODE 0|1";
        word == "key" ? compositor.key(code, pressed != 0) : compositor.button(code, pressed != 0);
    } else if (word == "motion") {
        double x = 0;
        double y = 0;
        if (!(words >> x >> y)) return "error usage: motion X Y";
        compositor.motion(x, y);
    } else if (word == "scroll") {
        double value = 0;
        words >> value;
        compositor.scroll(value);
    } else if (word == "focus" || word == "close" || word == "disconnect") {
        int number = 0;
        words >> number;
        if (word == "focus") compositor.focus_toplevel(number);
        if (word == "close") compositor.close_toplevel(number);
        if (word == "disconnect") compositor.disconnect(number);
    } else if (word == "configure") {
        int number = 0;
        int width = 0;
        int height = 0;
        if (!(words >> number >> width >> height)) return "error usage: configure N W H";
        compositor.configure_toplevel(number, width, height);
    } else if (word == "dismiss") {
        compositor.dismiss_popups();
    } else if (word == "png") {
        return save_picture(compositor, words);
    } else if (word == "commits") {
        return fmt::format("ok {}", compositor.commits().size());
    } else if (word == "clients") {
        return fmt::format("ok {} {}", compositor.clients_alive(), compositor.clients_seen());
    } else if (word == "log") {
        std::string path;
        words >> path;
        std::FILE* file = std::fopen(path.c_str(), "w");
        if (file == nullptr) return "error cannot write " + path;
        for (const LogEntry& entry : compositor.log())
            fmt::print(file, "[{}] {}\n", entry.client, entry.text);
        std::fclose(file);
    } else if (word == "stall") {
        compositor.stall();
    } else if (word == "resume") {
        compositor.resume();
    } else {
        return "error unknown command: " + command;
    }
    return "ok";
}

Result<Fault> parse_fault(Fault::What what, const std::string& text) {
    Fault fault;
    fault.what = what;
    const auto colon = text.rfind(':');
    if (colon != std::string::npos) {
        const char* begin = text.data() + colon + 1;
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(begin, end, fault.nth);
        if (parsed.ec != std::errc{} || parsed.ptr != end || fault.nth < 1) {
            return fail(ErrorCategory::Usage, "a fault's count must be a number from 1");
        }
    }
    const std::string request = text.substr(0, colon);
    const auto dot = request.find('.');
    fault.interface = request.substr(0, dot);
    if (dot != std::string::npos) fault.request = request.substr(dot + 1);
    return fault;
}

} // namespace tv::test
