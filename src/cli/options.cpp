#include "cli/options.h"

#include <charconv>

#include <fmt/format.h>

#include "cli/option_table.h"

namespace tv::cli {
namespace {

bool is_mode(std::string_view word) {
    return word == "ssh" || word == "client" || word == "replay" || word == "selftest" || word == "doctor";
}

const OptionRow* find_by_name(std::string_view name) {
    for (const OptionRow& row : option_table())
        if (row.name == name) return &row;
    return nullptr;
}
const OptionRow* find_by_letter(char letter) {
    for (const OptionRow& row : option_table())
        if (row.letter == letter) return &row;
    return nullptr;
}

std::unexpected<Failure> unknown_option(std::string_view option) {
    return failure(fmt::format("unknown option '{}'; 'tunnelview --help' lists the options", option));
}

// Walks the words before the mode. `next_` is the first word not yet looked at.
class Parser {
public:
    explicit Parser(std::span<const std::string> words) : words_(words) {}

    Outcome<Options> run() {
        TV_TRY(options());
        if (!wants_text()) TV_TRY(mode());
        if (wants_text()) return std::move(options_);
        TV_TRY(check());
        return std::move(options_);
    }

private:
    // Up to the first word that is none. False: that was the "--" that ends them.
    Outcome<bool> options() {
        while (next_ < words_.size() && !wants_text()) {
            const std::string_view word = words_[next_];
            if (!word.starts_with('-') || word == "-") break;
            ++next_;
            if (word == "--") return false;
            if (word.starts_with("--"))
                TV_TRY(long_option(word));
            else
                TV_TRY(short_options(word));
        }
        return true;
    }

    [[nodiscard]] bool wants_text() const {
        return options_.mode == Mode::Help || options_.mode == Mode::Version;
    }

    Done long_option(std::string_view word) {
        const auto equals = word.find('=');
        const std::string_view option = word.substr(0, equals);
        const OptionRow* row = find_by_name(option.substr(2));
        if (row == nullptr) return unknown_option(option);
        if (equals != word.npos) {
            if (row->takes == Takes::Nothing) return failure(fmt::format("{} takes no value", option));
            return row->apply(options_, word.substr(equals + 1));
        }
        if (row->takes == Takes::Nothing) return row->apply(options_, {});
        if (row->takes == Takes::PerhapsValue && !value_follows()) return row->apply(options_, {});
        return take_value(*row, option);
    }

    // "-dn", "-c lz4", "-clz4".
    Done short_options(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const OptionRow* row = find_by_letter(word[i]);
            if (row == nullptr) return unknown_option(fmt::format("-{}", word[i]));
            if (row->takes == Takes::Nothing) {
                TV_TRY(row->apply(options_, {}));
                continue;
            }
            if (i + 1 < word.size()) return row->apply(options_, word.substr(i + 1));
            return take_value(*row, fmt::format("-{}", word[i]));
        }
        return {};
    }

    [[nodiscard]] bool value_follows() const {
        return next_ < words_.size() && !words_[next_].starts_with('-') && !is_mode(words_[next_]);
    }

    Done take_value(const OptionRow& row, std::string_view option) {
        if (next_ == words_.size()) return failure(fmt::format("{} needs a value ({})", option, row.value));
        return row.apply(options_, words_[next_++]);
    }

    Done mode() {
        if (next_ == words_.size())
            return failure(
                "no mode given; try 'tunnelview ssh user@host application' or 'tunnelview --help'");
        const std::string& word = words_[next_++];
        if (word == "ssh")
            options_.mode = Mode::Ssh;
        else if (word == "client")
            options_.mode = Mode::Client;
        else if (word == "replay")
            return replay_words();
        else if (word == "selftest")
            return check_words(Mode::Selftest);
        else if (word == "doctor")
            return check_words(Mode::Doctor);
        else if (word == "server")
            return failure("there is no server mode: on the remote side run 'waypipe server'");
        else if (word == "recon" || word == "bench")
            return failure(fmt::format("there is no {} mode; 'tunnelview --help' lists the modes", word));
        else
            return failure(fmt::format(
                "unknown mode '{}'; it is ssh, client, replay, selftest or doctor, after all options", word));
        for (; next_ < words_.size(); ++next_) options_.arguments.push_back(words_[next_]);
        return {};
    }

    // Words, and options around them.
    Done words_and_options() {
        bool more_options = true;
        while (next_ < words_.size()) {
            if (more_options) {
                TV_ASSIGN(more_options, options());
            }
            if (wants_text()) return {};
            if (next_ < words_.size()) options_.arguments.push_back(words_[next_++]);
        }
        return {};
    }

    // Perhaps a DESTINATION of ssh for doctor.
    Done check_words(Mode mode) {
        options_.mode = mode;
        TV_TRY(words_and_options());
        const std::size_t most = mode == Mode::Doctor ? 1 : 0;
        if (!wants_text() && options_.arguments.size() > most)
            return failure(
                fmt::format("{} takes {}, but got '{}'", mode == Mode::Doctor ? "doctor" : "selftest",
                            most == 1 ? "one user@host at most" : "no arguments", options_.arguments[most]));
        return {};
    }

    // FILE, and options around it.
    Done replay_words() {
        options_.mode = Mode::Replay;
        TV_TRY(words_and_options());
        if (wants_text()) return {};
        if (options_.arguments.empty())
            return failure("replay needs a recording: tunnelview replay FILE; --record makes one");
        if (options_.arguments.size() > 1)
            return failure(
                fmt::format("replay takes one recording, but got '{}', too", options_.arguments[1]));
        options_.recording = std::move(options_.arguments[0]);
        options_.arguments.clear();
        return {};
    }

    Done check() {
        if (options_.json && options_.mode != Mode::Selftest && options_.mode != Mode::Doctor)
            return failure("--json works with the selftest and doctor modes only");
        if (options_.speed && options_.mode != Mode::Replay)
            return failure("--speed works with the replay mode only");
        if (options_.record && options_.mode == Mode::Replay)
            return failure("--record works with the client and ssh modes only");
        if (options_.vsock) {
            if (!options_.socket) return failure("--vsock needs --socket [[s]CID:]PORT");
            TV_ASSIGN(options_.vsock_address, parse_vsock(*options_.socket));
        }
        if (options_.socket_fds && options_.mode != Mode::Client)
            return failure("--socket-fds works with the client mode only");
        if (options_.xwls && options_.oneshot)
            return failure("--xwls cannot work with --oneshot, since the X server is one more application");
        if (options_.mode == Mode::Client) return check_client_arguments();
        return {};
    }

    Done check_client_arguments() {
        auto& arguments = options_.arguments;
        if (!arguments.empty() && arguments.front() == "--") arguments.erase(arguments.begin());
        if (arguments.empty()) return {};
        if (arguments.front().starts_with('-'))
            return failure(
                fmt::format("'{}' comes after the mode; options go before it: tunnelview {} client",
                            arguments.front(), arguments.front()));
        return failure(fmt::format("client takes no arguments, but got '{}'", arguments.front()));
    }

    std::span<const std::string> words_;
    std::size_t next_ = 0;
    Options options_;
};

} // namespace

Outcome<Options> parse_options(std::span<const std::string> arguments) {
    return Parser(arguments).run();
}

Outcome<VsockAddress> parse_vsock(std::string_view text) {
    VsockAddress address;
    std::string_view rest = text;
    const auto wrong = [&] {
        return failure(
            fmt::format("--socket: '{}' is not a vsock address [[s]CID:]PORT, as in 2:1234", text));
    };
    const auto number = [](std::string_view digits) -> std::optional<std::uint32_t> {
        std::uint32_t value = 0;
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        return value;
    };
    if (const auto colon = rest.find(':'); colon != rest.npos) {
        std::string_view cid = rest.substr(0, colon);
        if (cid.starts_with('s')) {
            address.sibling = true;
            cid.remove_prefix(1);
        }
        address.cid = number(cid);
        if (!address.cid) return wrong();
        rest.remove_prefix(colon + 1);
    }
    const auto port = number(rest);
    if (!port) return wrong();
    address.port = *port;
    return address;
}

} // namespace tv::cli
