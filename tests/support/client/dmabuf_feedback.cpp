#include "dmabuf_feedback.h"

#include <cstring>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "support/pixel_format.h"

namespace tv::test {

namespace {

// As it stands in the table.
struct TableEntry {
    std::uint32_t format;
    std::uint32_t padding;
    std::uint64_t modifier;
};
static_assert(sizeof(TableEntry) == 16);

} // namespace

// --- feedback ---

DmabufFeedback::DmabufFeedback(Connection& connection, zwp_linux_dmabuf_feedback_v1* feedback,
                               std::string what)
    : connection_(connection), feedback_(feedback), what_(std::move(what)) {
    connection_.listen(
        feedback_, [this](std::string_view name, const wl_argument* arguments) { event(name, arguments); });
}

DmabufFeedback::~DmabufFeedback() {
    connection_.forget(feedback_);
    zwp_linux_dmabuf_feedback_v1_destroy(feedback_);
}

void DmabufFeedback::event(std::string_view name, const wl_argument* arguments) {
    const auto device = [&](std::uint64_t& to, bool& has) {
        if (arguments[0].a->size != sizeof to)
            return complain(fmt::format("{} of {} bytes", name, arguments[0].a->size));
        std::memcpy(&to, arguments[0].a->data, sizeof to);
        has = true;
    };
    if (done_) {
        complain("events after the first done");
    } else if (name == "format_table") {
        read_table(arguments[0].h, arguments[1].u);
    } else if (name == "main_device") {
        device(main_device_, has_main_device_);
    } else if (name == "tranche_target_device") {
        device(target_device_, has_target_device_);
    } else if (name == "tranche_formats") {
        take_formats(*arguments[0].a);
    } else if (name == "tranche_done") {
        ++tranches_;
    } else if (name == "done") {
        done_ = true;
    }
}

void DmabufFeedback::read_table(int fd, std::uint32_t size) {
    const UniqueFd file = UniqueFd::adopt(fd);
    struct stat status{};
    if (fstat(file.get(), &status) != 0 || status.st_size < static_cast<off_t>(size))
        return complain(fmt::format("table of {} bytes in a file of {}", size, status.st_size));
    if (size == 0 || size % sizeof(TableEntry) != 0) return complain(fmt::format("table of {} bytes", size));
    void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (map == MAP_FAILED) return complain("table that cannot be mapped for reading");
    std::vector<TableEntry> entries(size / sizeof(TableEntry));
    std::memcpy(entries.data(), map, size);
    munmap(map, size);
    for (const TableEntry& entry : entries) table_.emplace_back(entry.format, entry.modifier);
    has_table_ = true;
}

void DmabufFeedback::take_formats(const wl_array& indices) {
    for (std::size_t at = 0; at + 2 <= indices.size; at += 2) {
        std::uint16_t index = 0;
        std::memcpy(&index, static_cast<const std::byte*>(indices.data) + at, sizeof index);
        if (index >= table_.size()) {
            complain(fmt::format("index {} in a table of {}", index, table_.size()));
        } else {
            pairs_.insert(table_[index]);
        }
    }
}

bool DmabufFeedback::report() const {
    connection_.say(fmt::format("{}: main_device {:#x} target_device {:#x} table {} tranches {} formats {}",
                                what_, main_device_, target_device_, table_.size(), tranches_,
                                pairs_.size()));
    auto complaints = complaints_;
    if (!has_table_) complaints.emplace_back("no table");
    if (!has_main_device_) complaints.emplace_back("no main_device");
    if (!has_target_device_) complaints.emplace_back("no target_device");
    if (tranches_ == 0) complaints.emplace_back("no tranche");
    if (pairs_.empty()) complaints.emplace_back("no formats");
    for (const std::string& text : complaints) connection_.say(fmt::format("bad {}: {}", what_, text));
    return complaints.empty();
}

// --- the global ---

std::unique_ptr<Dmabuf> Dmabuf::bind(Connection& connection, int version) {
    std::unique_ptr<Dmabuf> self(new Dmabuf(connection));
    self->dmabuf_ = connection.bind<zwp_linux_dmabuf_v1>(
        zwp_linux_dmabuf_v1_interface, static_cast<std::uint32_t>(version),
        [dmabuf = self.get()](std::string_view name, const wl_argument* arguments) {
            if (name != "modifier") return;
            dmabuf->pairs_.emplace(arguments[0].u, std::uint64_t{arguments[1].u} << 32 | arguments[2].u);
        });
    if (self->dmabuf_ == nullptr) return nullptr;
    self->version_ = wl_proxy_get_version(reinterpret_cast<wl_proxy*>(self->dmabuf_));
    connection.say(fmt::format("bound version {}", self->version_));
    return connection.roundtrip() ? std::move(self) : nullptr;
}

Dmabuf::~Dmabuf() {
    if (dmabuf_ == nullptr) return;
    connection_.forget(dmabuf_);
    zwp_linux_dmabuf_v1_destroy(dmabuf_);
}

bool Dmabuf::wait_and_report(DmabufFeedback& feedback) {
    if (!connection_.wait([&] { return feedback.done(); })) {
        connection_.say("bad feedback: it does not end");
        return false;
    }
    return feedback.report();
}

bool Dmabuf::report_offer() {
    bool good = true;
    if (version_ >= ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
        if (!pairs_.empty()) connection_.say("bad offer: modifier events although there is feedback");
        good = pairs_.empty();
        DmabufFeedback feedback(connection_, zwp_linux_dmabuf_v1_get_default_feedback(dmabuf_),
                                "default feedback");
        good = wait_and_report(feedback) && good;
        pairs_ = feedback.pairs();
    }
    for (const auto& [format, modifier] : pairs_)
        connection_.say(fmt::format("offered {} {:#x}", fourcc_name(format), modifier));
    return good && !pairs_.empty();
}

bool Dmabuf::report_surface_feedback(wl_surface* surface) {
    if (version_ < ZWP_LINUX_DMABUF_V1_GET_SURFACE_FEEDBACK_SINCE_VERSION) return true;
    DmabufFeedback feedback(connection_, zwp_linux_dmabuf_v1_get_surface_feedback(dmabuf_, surface),
                            "surface feedback");
    if (!wait_and_report(feedback)) return false;
    // Nothing to compare with when the offer was not asked for.
    if (pairs_.empty() || feedback.pairs() == pairs_) return true;
    connection_.say("bad surface feedback: other formats than by default");
    return false;
}

} // namespace tv::test
