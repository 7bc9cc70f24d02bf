#include "iosurface.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "cf.h"
#include "random.h"

namespace tv::sim {
namespace {

constexpr std::size_t kEntries = 2048;
constexpr std::size_t kProcesses = 8;
constexpr OSType kBgra = 0x42475241;

// In memory that all processes of the machine map.
struct Process {
    std::atomic<int> pid;
    std::atomic<int> references;
    std::atomic<int> uses;
};
struct Entry {
    std::atomic<std::uint32_t> id; // 0: free
    std::uint32_t global;
    std::uint32_t pixel_format;
    std::uint64_t width, height, stride, size;
    std::atomic<std::uint32_t> seed;
    std::array<Process, kProcesses> processes;
};
struct Table {
    std::atomic<std::uint32_t> last_id;
    std::array<Entry, kEntries> entries;
};

bool lives(int pid) {
    return pid != 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

[[noreturn]] void die(const char* what) {
    violation(std::string("the simulation itself: ") + what + ": errno " + std::to_string(errno));
}

// One surface in this process, however many references it has here.
struct Client {
    Entry* entry = nullptr;
    Process* process = nullptr;
    std::byte* memory = nullptr;     // guarded
    std::byte* gpu_memory = nullptr; // not guarded
    std::size_t mapped = 0;
    int references = 0;
    int read_locks = 0;
    int write_locks = 0;
    int gpu_passes = 0;
};

struct Machine {
    std::mutex mutex;
    std::string folder; // of the shared files; empty: memfds
    int table_fd = -1;
    Table* table = nullptr;
    std::map<std::uint32_t, std::unique_ptr<Client>> clients;
    std::map<std::uint32_t, int> memory_fds; // without folder
    SurfaceCalls calls;
    SurfaceFault fault = SurfaceFault::None;
    unsigned faults = 0;
    std::size_t row_alignment = 64;

    void open(const std::string& at) {
        folder = at;
        table_fd = folder.empty()
                       ? ::memfd_create("applesim", MFD_CLOEXEC)
                       : ::open((folder + "/iosurfaces").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (table_fd < 0 || ::ftruncate(table_fd, sizeof(Table)) != 0) die("the table of surfaces");
        void* address = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED, table_fd, 0);
        if (address == MAP_FAILED) die("mmap of the table of surfaces");
        table = static_cast<Table*>(address); // zero bytes are its empty state
        if (folder.empty()) {                 // nobody else to lock out
            ::close(table_fd);
            table_fd = -1;
        }
        row_alignment = std::size_t{64} << draw(3);
    }
    void close() {
        if (table == nullptr) return;
        ::munmap(table, sizeof(Table));
        if (table_fd >= 0) ::close(table_fd);
        table = nullptr;
    }
    [[nodiscard]] std::string path(std::uint32_t id) const {
        return folder + "/iosurface-" + std::to_string(id);
    }
    int open_memory(std::uint32_t id, bool make) {
        if (!folder.empty())
            return ::open(path(id).c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT | O_EXCL : 0), 0600);
        return make ? ::memfd_create("iosurface", MFD_CLOEXEC) : ::dup(memory_fds.at(id));
    }
    // Across processes.
    struct Locked {
        explicit Locked(int descriptor) : fd(descriptor) { lock(LOCK_EX); }
        ~Locked() { lock(LOCK_UN); }
        Locked(const Locked&) = delete;
        Locked& operator=(const Locked&) = delete;
        void lock(int how) const {
            if (fd >= 0 && ::flock(fd, how) != 0) die("flock");
        }
        int fd;
    };
    static bool referred_to(Entry& entry) {
        return std::ranges::any_of(
            entry.processes, [](Process& process) { return process.references > 0 && lives(process.pid); });
    }
    void free_entry(Entry& entry) {
        if (!folder.empty()) ::unlink(path(entry.id).c_str());
        if (const auto own = memory_fds.find(entry.id); own != memory_fds.end()) {
            ::close(own->second);
            memory_fds.erase(own);
        }
        entry.id = 0;
        for (Process& process : entry.processes) process.pid = process.references = process.uses = 0;
    }
    Entry& free_one() {
        for (Entry& entry : table->entries) {
            if (entry.id != 0 && !referred_to(entry)) free_entry(entry); // its processes have died
            if (entry.id == 0) return entry;
        }
        violation("more surfaces than the simulation has room for");
    }
    Client& client(Entry& entry, int fd) {
        auto& known = clients[entry.id];
        if (known) return *known;
        known = std::make_unique<Client>();
        known->entry = &entry;
        known->mapped = entry.size;
        for (auto** memory : {&known->memory, &known->gpu_memory}) {
            const int protection = memory == &known->memory ? PROT_NONE : PROT_READ | PROT_WRITE;
            void* address = ::mmap(nullptr, entry.size, protection, MAP_SHARED, fd, 0);
            if (address == MAP_FAILED) die("mmap of a surface");
            *memory = static_cast<std::byte*>(address);
        }
        for (Process& process : entry.processes) {
            if (lives(process.pid) && process.references > 0) continue;
            process.pid = ::getpid();
            process.uses = 0;
            process.references = 0;
            known->process = &process;
            break;
        }
        if (known->process == nullptr)
            violation("more processes at one surface than the simulation has room for");
        return *known;
    }
};

// Never destroyed: surfaces are released from static destructors too.
Machine& machine() {
    static auto* const instance = [] {
        auto* made = new Machine;
        const char* folder = std::getenv("TV_APPLESIM_MACHINE");
        made->open(folder == nullptr ? "" : folder);
        return made;
    }();
    return *instance;
}

} // namespace
} // namespace tv::sim

// NOLINTNEXTLINE(bugprone-reserved-identifier): Apple's tag name.
struct __IOSurface : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __IOSurface(tv::sim::Client& of) : Object(kType), client(&of), id(of.entry->id), key(id) {}
    void dispose() override {
        using tv::sim::Machine;
        Machine& all = tv::sim::machine();
        const std::lock_guard guard(all.mutex);
        if (--client->references > 0) return;
        if (client->read_locks + client->write_locks > 0)
            tv::sim::violation("the last reference to an IOSurface is released while it is locked", this);
        if (client->gpu_passes > 0)
            tv::sim::violation("the last reference to an IOSurface is released while the GPU is at it", this);
        const Machine::Locked across(all.table_fd);
        ::munmap(client->memory, client->mapped);
        ::munmap(client->gpu_memory, client->mapped);
        client->process->uses = 0;
        client->process->references = 0;
        client->process->pid = 0;
        if (!Machine::referred_to(*client->entry)) all.free_entry(*client->entry);
        all.clients.erase(key);
    }
    bool equals(const Object& other) const override {
        return key == static_cast<const __IOSurface&>(other).key;
    }
    std::uint64_t hash() const override { return key; }
    std::string describe() const override { return "IOSurface " + std::to_string(key); }

    tv::sim::Client* client;
    std::uint32_t id; // as told; key, unless a fault was injected
    std::uint32_t key;
};
const tv::sim::TypeInfo __IOSurface::kType{"IOSurface"};

extern "C" {
const CFStringRef kIOSurfaceWidth = tv::sim::constant_string("kIOSurfaceWidth");
const CFStringRef kIOSurfaceHeight = tv::sim::constant_string("kIOSurfaceHeight");
const CFStringRef kIOSurfaceBytesPerElement = tv::sim::constant_string("kIOSurfaceBytesPerElement");
const CFStringRef kIOSurfaceBytesPerRow = tv::sim::constant_string("kIOSurfaceBytesPerRow");
const CFStringRef kIOSurfacePixelFormat = tv::sim::constant_string("kIOSurfacePixelFormat");
const CFStringRef kIOSurfaceIsGlobal = tv::sim::constant_string("kIOSurfaceIsGlobal");
}

namespace tv::sim {
namespace {

__IOSurface& checked(IOSurfaceRef reference, const char* function) {
    return *check<__IOSurface>(reference, function);
}

// The machine is locked.
IOSurfaceRef refer(Machine& all, Entry& entry, int fd) {
    Client& client = all.client(entry, fd);
    ++client.references;
    client.process->references = client.references;
    return new __IOSurface(client);
}

void protect(const Client& client) {
    const int protection = client.write_locks > 0  ? PROT_READ | PROT_WRITE
                           : client.read_locks > 0 ? PROT_READ
                                                   : PROT_NONE;
    if (::mprotect(client.memory, client.mapped, protection) != 0) die("mprotect");
}

SurfaceFault next_fault(Machine& all) {
    if (all.faults == 0) return SurfaceFault::None;
    --all.faults;
    return all.fault;
}

} // namespace

void use_machine(const std::string& folder) {
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    if (!all.clients.empty()) violation("another machine while there are surfaces of this one");
    all.close();
    all.open(folder);
    all.calls = {};
}

std::size_t surfaces_alive() {
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    const Machine::Locked across(all.table_fd);
    return static_cast<std::size_t>(std::ranges::count_if(
        all.table->entries, [](Entry& entry) { return entry.id != 0 && Machine::referred_to(entry); }));
}

void add_use(IOSurfaceRef surface) {
    ++checked(surface, "use of an IOSurface").client->process->uses;
}
void remove_use(IOSurfaceRef surface) {
    __IOSurface& object = checked(surface, "end of a use of an IOSurface");
    if (--object.client->process->uses < 0) violation("more ends than uses of an IOSurface", &object);
}
std::uint32_t seed_of(IOSurfaceRef surface) {
    return checked(surface, "IOSurfaceGetSeed").client->entry->seed;
}

void* gpu_begin(IOSurfaceRef surface) {
    __IOSurface& object = checked(surface, "a GPU pass");
    const std::lock_guard guard(machine().mutex);
    if (object.client->write_locks > 0)
        violation("a GPU pass begins while the IOSurface is locked for writing", &object);
    ++object.client->gpu_passes;
    return object.client->gpu_memory;
}
void gpu_end(IOSurfaceRef surface, bool wrote) {
    __IOSurface& object = checked(surface, "the end of a GPU pass");
    const std::lock_guard guard(machine().mutex);
    --object.client->gpu_passes;
    if (wrote) ++object.client->entry->seed;
}

SurfaceCalls surface_calls() {
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    SurfaceCalls calls = all.calls;
    for (const auto& [id, client] : all.clients)
        calls.locked += client->read_locks + client->write_locks > 0 ? 1 : 0;
    return calls;
}

void inject(SurfaceFault fault, unsigned times) {
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    all.fault = fault;
    all.faults = times;
}

} // namespace tv::sim

using tv::sim::checked;
using tv::sim::machine;
using tv::sim::Machine;
using tv::sim::SurfaceFault;
using tv::sim::violation;

extern "C" {

IOSurfaceRef IOSurfaceCreate(CFDictionaryRef properties) {
    TV_SIM_CALL();
    const char* function = "IOSurfaceCreate";
    const __CFDictionary* wanted = tv::sim::check_dictionary(properties, function);
    const auto number = [&](CFStringRef key, std::int64_t otherwise) {
        return tv::sim::integer_of(wanted, key, function).value_or(otherwise);
    };
    const std::int64_t width = number(kIOSurfaceWidth, 0), height = number(kIOSurfaceHeight, 0),
                       element = number(kIOSurfaceBytesPerElement, 1),
                       stride = number(kIOSurfaceBytesPerRow, 0), format = number(kIOSurfacePixelFormat, 0);
    const bool global = tv::sim::boolean_of(wanted, kIOSurfaceIsGlobal, function).value_or(false);

    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    ++all.calls.creates;
    const SurfaceFault fault = tv::sim::next_fault(all);
    constexpr std::int64_t kLargest = 16384;
    if (fault == SurfaceFault::Null || width < 1 || height < 1 || width > kLargest || height > kLargest ||
        element < 1 || element > 16)
        return nullptr;
    const auto alignment = static_cast<std::int64_t>(all.row_alignment);
    std::int64_t row = (width * element + alignment - 1) / alignment * alignment;
    if (stride != 0) {
        if (stride % alignment != 0 || stride < width * element) return nullptr;
        row = stride;
    }
    // What is asked for is the least; its own alignment is kept.
    const std::int64_t asked = std::min<std::int64_t>(stride & -stride, 512);
    row += static_cast<std::int64_t>(tv::sim::draw(3)) * std::max(alignment, asked);

    const Machine::Locked across(all.table_fd);
    tv::sim::Entry& entry = all.free_one();
    all.table->last_id += 1 + static_cast<std::uint32_t>(tv::sim::draw(100));
    const std::uint32_t id = all.table->last_id;
    const int fd = all.open_memory(id, true);
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    entry.size = (static_cast<std::uint64_t>(row * height) + page - 1) / page * page;
    if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0)
        tv::sim::die("the memory of a surface");
    entry.global = global ? 1 : 0;
    entry.pixel_format = static_cast<std::uint32_t>(format);
    entry.width = static_cast<std::uint64_t>(width);
    entry.height = static_cast<std::uint64_t>(height);
    entry.stride = static_cast<std::uint64_t>(row);
    entry.seed = 1;
    if (fault == SurfaceFault::Width) ++entry.width;
    if (fault == SurfaceFault::Height) --entry.height;
    if (fault == SurfaceFault::Stride) entry.stride = static_cast<std::uint64_t>(width) * 2;
    if (fault == SurfaceFault::PixelFormat) entry.pixel_format = tv::sim::kBgra + 23;
    entry.id = id;
    IOSurfaceRef made = tv::sim::refer(all, entry, fd);
    if (all.folder.empty())
        all.memory_fds[id] = fd;
    else
        ::close(fd);
    if (fault == SurfaceFault::Id) made->id = 0;
    return made;
}

IOSurfaceRef IOSurfaceLookup(IOSurfaceID csid) {
    TV_SIM_CALL();
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    ++all.calls.lookups;
    if (csid == 0) return nullptr;
    const Machine::Locked across(all.table_fd);
    for (tv::sim::Entry& entry : all.table->entries) {
        if (entry.id != csid) continue;
        const bool ours = all.clients.contains(csid);
        if (!ours && (entry.global == 0 || !Machine::referred_to(entry))) return nullptr;
        const int fd = ours ? -1 : all.open_memory(csid, false);
        IOSurfaceRef found = tv::sim::refer(all, entry, fd);
        if (fd >= 0) ::close(fd);
        return found;
    }
    return nullptr;
}

IOSurfaceID IOSurfaceGetID(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetID").id;
}

kern_return_t IOSurfaceLock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t* seed) {
    TV_SIM_CALL();
    __IOSurface& object = checked(buffer, "IOSurfaceLock");
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    const bool reads = (options & kIOSurfaceLockReadOnly) != 0;
    if (!reads && object.client->gpu_passes > 0)
        violation("IOSurfaceLock for writing while a GPU pass is in flight", &object);
    if (!reads) ++all.calls.write_locks;
    ++(reads ? object.client->read_locks : object.client->write_locks);
    tv::sim::protect(*object.client);
    if (seed != nullptr) *seed = object.client->entry->seed;
    return 0;
}

kern_return_t IOSurfaceUnlock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t* seed) {
    TV_SIM_CALL();
    __IOSurface& object = checked(buffer, "IOSurfaceUnlock");
    const std::lock_guard guard(machine().mutex);
    const bool reads = (options & kIOSurfaceLockReadOnly) != 0;
    int& locks = reads ? object.client->read_locks : object.client->write_locks;
    if (--locks < 0) violation("IOSurfaceUnlock without a lock with the same options", &object);
    if (!reads) ++object.client->entry->seed;
    tv::sim::protect(*object.client);
    if (seed != nullptr) *seed = object.client->entry->seed;
    return 0;
}

size_t IOSurfaceGetAllocSize(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetAllocSize").client->entry->size;
}
size_t IOSurfaceGetWidth(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetWidth").client->entry->width;
}
size_t IOSurfaceGetHeight(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetHeight").client->entry->height;
}
size_t IOSurfaceGetBytesPerRow(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetBytesPerRow").client->entry->stride;
}
void* IOSurfaceGetBaseAddress(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetBaseAddress").client->memory;
}
OSType IOSurfaceGetPixelFormat(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    return checked(buffer, "IOSurfaceGetPixelFormat").client->entry->pixel_format;
}
size_t IOSurfaceGetPlaneCount(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    checked(buffer, "IOSurfaceGetPlaneCount");
    return 0; // nothing here makes planes
}

Boolean IOSurfaceIsInUse(IOSurfaceRef buffer) {
    TV_SIM_CALL();
    __IOSurface& object = checked(buffer, "IOSurfaceIsInUse");
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    ++all.calls.in_use;
    const bool used = std::ranges::any_of(object.client->entry->processes, [](tv::sim::Process& process) {
        return process.uses > 0 && tv::sim::lives(process.pid);
    });
    return used ? 1 : 0;
}

size_t IOSurfaceAlignProperty(CFStringRef property, size_t value) {
    TV_SIM_CALL();
    tv::sim::check_alive(property, "IOSurfaceAlignProperty");
    if (property != kIOSurfaceBytesPerRow) return value;
    Machine& all = machine();
    const std::lock_guard guard(all.mutex);
    return (value + all.row_alignment - 1) / all.row_alignment * all.row_alignment;
}

} // extern "C"
