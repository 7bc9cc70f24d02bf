#include "object.h"

#include "apples.h"

#include <deque>
#include <map>
#include <mutex>

#include <execinfo.h>

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "calls.h"
#include "random.h"

namespace tv::sim {
namespace {

// Enough for a use after the last release to be told as such, without keeping a whole test run in memory.
constexpr std::size_t kQuarantine = 4096;

struct Registry {
    std::mutex lock;
    Object* first = nullptr;
    std::uint64_t last_serial = 0;
    std::deque<Object*> quarantine;
    std::map<const TypeInfo*, unsigned long> type_ids;
};

// Never destroyed: objects are released from static destructors too.
Registry& registry() {
    static auto* const instance = new Registry;
    return *instance;
}

void unlink(Registry& all, Object* object) {
    if (object->previous != nullptr) object->previous->next = object->next;
    if (object->next != nullptr) object->next->previous = object->previous;
    if (all.first == object) all.first = object->next;
    object->previous = object->next = nullptr;
}

void print_stack(const char* title, const Stack& stack) {
    std::fprintf(stderr, "applesim: %s\n", title);
    std::fflush(stderr);
    backtrace_symbols_fd(stack.frames, stack.count, STDERR_FILENO);
}

} // namespace

void Stack::capture() {
    count = backtrace(frames, kStackDepth);
}

unsigned long type_id(const TypeInfo& type) {
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    const auto found = all.type_ids.find(&type);
    if (found != all.type_ids.end()) return found->second;
    const unsigned long id = 100 + all.type_ids.size() * 7 + static_cast<unsigned long>(getpid()) % 7;
    all.type_ids.emplace(&type, id);
    return id;
}

Object::Object(const TypeInfo& of_type) : type(&of_type) {
    created.capture();
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    serial = ++all.last_serial;
    next = all.first;
    if (next != nullptr) next->previous = this;
    all.first = this;
}

void violation(const std::string& what, const Object* object) {
    std::fprintf(stderr, "applesim: VIOLATION: %s\n", what.c_str());
    if (object != nullptr) print_stack("the object was created at", object->created);
    Stack now;
    now.capture();
    print_stack("broken at", now);
    std::abort();
}

Object* check_alive(const void* reference, const char* function) {
    if (reference == nullptr) violation(std::string(function) + " of NULL");
    auto* object = static_cast<Object*>(const_cast<void*>(reference));
    const std::uint64_t magic = object->magic.load();
    if (magic == Object::kDead) {
        violation(std::string(function) + ": use of a " + object->type->name + " after its last release",
                  object);
    }
    if (magic != Object::kAlive) violation(std::string(function) + ": not a Core Foundation object");
    return object;
}

Object* check_type(const void* reference, const TypeInfo& type, const char* function) {
    Object* object = check_alive(reference, function);
    if (object->type != &type) {
        violation(std::string(function) + ": wants a " + type.name + ", got a " + object->type->name, object);
    }
    return object;
}

void retain(const void* reference, const char* function) {
    Object* object = check_alive(reference, function);
    if (!object->immortal) object->retain_count.fetch_add(1);
}

void release(const void* reference, const char* function) {
    const Apples apples;
    if (reference == nullptr) violation(std::string(function) + " of NULL");
    auto* object = static_cast<Object*>(const_cast<void*>(reference));
    if (object->magic.load() == Object::kDead) {
        violation(std::string(function) + ": over-release of a " + object->type->name, object);
    }
    check_alive(reference, function);
    if (object->immortal) return;
    const long before = object->retain_count.fetch_sub(1);
    if (before > 1) return;
    if (before < 1) violation(std::string(function) + ": over-release of a " + object->type->name, object);
    object->magic.store(Object::kDead);
    object->dispose();
    Registry& all = registry();
    Object* oldest = nullptr;
    {
        const std::lock_guard guard(all.lock);
        unlink(all, object);
        all.quarantine.push_back(object);
        if (all.quarantine.size() > kQuarantine) {
            oldest = all.quarantine.front();
            all.quarantine.pop_front();
        }
    }
    delete oldest;
}

void make_immortal(Object* object) {
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    unlink(all, object);
    object->immortal = true;
}

std::uint64_t mark() {
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    return all.last_serial;
}

std::vector<std::string> alive_since(std::uint64_t mark) {
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    std::vector<std::string> report;
    for (const Object* object = all.first; object != nullptr; object = object->next) {
        if (object->serial <= mark) continue;
        report.push_back(object->describe() + " (object " + std::to_string(object->serial) +
                         ", retain count " + std::to_string(object->retain_count.load()) + ")");
    }
    return report;
}

std::size_t alive_count() {
    return alive_since(0).size();
}

std::size_t alive_count_of(const char* type_name) {
    Registry& all = registry();
    const std::lock_guard guard(all.lock);
    std::size_t count = 0;
    for (const Object* object = all.first; object != nullptr; object = object->next) {
        count += std::string_view(object->type->name) == type_name ? 1 : 0;
    }
    return count;
}

namespace {
struct CallTable {
    std::mutex lock;
    std::map<std::string, const CallCounter*> counters;
};
CallTable& call_table() {
    static auto* const table = new CallTable;
    return *table;
}
} // namespace

CallCounter::CallCounter(const char* function) {
    CallTable& table = call_table();
    const std::lock_guard guard(table.lock);
    table.counters.emplace(function, this);
}

std::map<std::string, unsigned long> calls() {
    CallTable& table = call_table();
    const std::lock_guard guard(table.lock);
    std::map<std::string, unsigned long> counts;
    for (const auto& [name, counter] : table.counters) counts[name] = counter->count();
    return counts;
}

namespace {
std::mutex g_draw;
std::uint64_t g_seed = 0;
std::uint64_t g_state = 0;
void ensure_seeded() {
    if (g_state != 0) return;
    const char* text = std::getenv("TV_APPLESIM_SEED");
    g_seed = text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
    g_state = g_seed * 0x9e3779b97f4a7c15 + 1;
}
} // namespace

std::uint64_t seed() {
    const std::lock_guard guard(g_draw);
    ensure_seeded();
    return g_seed;
}

void set_seed(std::uint64_t seed) {
    const std::lock_guard guard(g_draw);
    g_seed = seed;
    g_state = seed * 0x9e3779b97f4a7c15 + 1;
}

std::uint64_t draw(std::uint64_t below) {
    const std::lock_guard guard(g_draw);
    ensure_seeded();
    // splitmix64
    g_state += 0x9e3779b97f4a7c15;
    std::uint64_t z = g_state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    z ^= z >> 31U;
    return below == 0 ? 0 : z % below;
}

} // namespace tv::sim
