#include "runtime.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <unordered_map>

#include "sim/apples.h"
#include "sim/object.h"

// --- what the compiler emits -------------------------------------------------------------------------------

namespace {

struct Class;
struct Instance {
    Class* isa;
};
using Id = Instance*;
using Method = void (*)();
struct Selector {
    const char* name; // one pointer for one name, after loading
    const char* types;
};
struct MethodEntry {
    Method code;
    Selector* selector;
    const char* types;
};
struct MethodList {
    MethodList* next;
    std::int32_t count;
    std::int64_t entry_bytes;
    MethodEntry entries[1];
};
struct Ivar {
    const char* name;
    const char* type;
    std::int32_t* offset;
    std::uint32_t size;
    std::uint32_t flags;
};
struct IvarList {
    std::int32_t count;
    std::int64_t entry_bytes;
    Ivar entries[1];
};
struct Class {
    Class* isa;
    Class* super_class;
    const char* name;
    std::int64_t version, info, instance_size;
    IvarList* ivars;
    MethodList* methods;
    void* dispatch; // ours: Loaded*
    void* construct;
    void* destruct;
    void* subclasses;
    void* sibling;
    void* protocols;
    void* extra;
    std::int64_t abi;
    void* properties;
};
struct Unit {
    std::uint64_t version;
    Selector *selectors, *selectors_end;
    Class **classes, **classes_end;
    void* rest[12];
};
struct Slot {
    Class* owner;
    Class* cached_for;
    const char* types;
    std::int32_t version;
    Method method;
};
struct Super {
    Id receiver;
    Class* super_class;
};

struct Loaded {
    std::unordered_map<const char*, Slot> own;
};

// --- objects -----------------------------------------------------------------------------------------------

struct Header {
    static constexpr std::uint64_t kAlive = 0x6f626a6321212121, kDead = 0x6f626a6364656164;
    std::uint64_t magic = kAlive;
    std::atomic<long> count = 1;
};
static_assert(sizeof(Header) == 16);

struct World {
    std::mutex mutex;
    std::set<std::string> names;
    std::vector<Class*> waiting; // for a superclass
    std::set<Id> objects;
    std::size_t blocks = 0;
    std::deque<Id> quarantine;
};
World& world() {
    static auto* the = new World; // never destroyed: objects may die late
    return *the;
}

struct Pools {
    std::vector<Id> objects;
    std::vector<std::size_t> marks;
};
thread_local Pools pools;

Header& header(Id object) {
    return *(reinterpret_cast<Header*>(object) - 1);
}

} // namespace

extern "C" {
void* _NSConcreteGlobalBlock[32];
void* _NSConcreteStackBlock[32];
void* _NSConcreteMallocBlock[32];
void* _Block_copy(const void* block);
void _Block_release(const void* block);
}

namespace {

bool is_block(Id object) {
    const void* isa = object->isa;
    return isa == _NSConcreteGlobalBlock || isa == _NSConcreteStackBlock || isa == _NSConcreteMallocBlock;
}

void check(Id object, const char* doing) {
    if (header(object).magic == Header::kAlive) return;
    tv::sim::violation(std::string("objc: ") + doing +
                       (header(object).magic == Header::kDead ? " of an object that is gone"
                                                              : " of something that is no object"));
}

const char* interned(const char* name) {
    return world().names.insert(name).first->c_str();
}

Slot* find_own(Class* type, const char* name) {
    auto* loaded = static_cast<Loaded*>(type->dispatch);
    if (loaded == nullptr) return nullptr;
    const auto at = loaded->own.find(name);
    return at == loaded->own.end() ? nullptr : &at->second;
}

Slot* find(Class* type, const char* name) {
    for (; type != nullptr; type = type->super_class)
        if (Slot* slot = find_own(type, name)) return slot;
    return nullptr;
}

void load_methods(Class* type) {
    auto* loaded = new Loaded;
    for (const MethodList* list = type->methods; list != nullptr; list = list->next)
        for (std::int32_t i = 0; i < list->count; ++i) {
            const MethodEntry& entry = list->entries[i];
            loaded->own[interned(entry.selector->name)] = {type, type, entry.types, 1, entry.code};
        }
    type->dispatch = loaded;
}

// False: its superclass is not loaded yet.
bool load_class(Class* type) {
    Class* super = type->super_class;
    if (super != nullptr && super->dispatch == nullptr) return false;
    // Ivars follow those of the superclass; what is emitted counts from its end.
    const std::int64_t base = super != nullptr ? super->instance_size : 0;
    if (type->instance_size <= 0) type->instance_size = base - type->instance_size;
    if (type->ivars != nullptr)
        for (std::int32_t i = 0; i < type->ivars->count; ++i)
            *type->ivars->entries[i].offset += static_cast<std::int32_t>(base);
    Class* meta = type->isa;
    meta->super_class = super != nullptr ? super->isa : type;
    load_methods(meta);
    load_methods(type);
    return true;
}

void each_own(Id object, Class* type, const char* name) {
    if (Slot* slot = find_own(type, name))
        reinterpret_cast<void (*)(Id, Selector*)>(slot->method)(object, nullptr);
}
void construct(Id object, Class* type) {
    if (type->super_class != nullptr) construct(object, type->super_class);
    each_own(object, type, interned(".cxx_construct"));
}

void destroy(Id object) {
    const char *dealloc, *destruct;
    {
        const std::lock_guard lock(world().mutex);
        dealloc = interned("dealloc");
        destruct = interned(".cxx_destruct");
    }
    if (Slot* slot = find(object->isa, dealloc))
        reinterpret_cast<void (*)(Id, Selector*)>(slot->method)(object, nullptr);
    for (Class* type = object->isa; type != nullptr; type = type->super_class)
        each_own(object, type, destruct);
    const std::lock_guard lock(world().mutex);
    header(object).magic = Header::kDead;
    world().objects.erase(object);
    world().quarantine.push_back(object);
    if (world().quarantine.size() > 256) {
        std::free(&header(world().quarantine.front()));
        world().quarantine.pop_front();
    }
}

// Messages to nil give 0.
std::intptr_t answer_nothing() {
    return 0;
}
Slot nil_slot{nullptr, nullptr, "", 1, reinterpret_cast<Method>(answer_nothing)};

Slot* find_or_end(Class* type, const Selector* selector) {
    if (Slot* slot = find(type, selector->name)) return slot;
    tv::sim::violation(std::string("objc: ") + type->name + " has no method " + selector->name);
}

} // namespace

// --- entry points ------------------------------------------------------------------------------------------

extern "C" {

void __objc_load(Unit* unit) { // NOLINT(bugprone-reserved-identifier)
    const std::lock_guard lock(world().mutex);
    for (Selector* selector = unit->selectors; selector != unit->selectors_end; ++selector)
        if (selector->name != nullptr) selector->name = interned(selector->name);
    for (Class** type = unit->classes; type != unit->classes_end; ++type)
        if (*type != nullptr) world().waiting.push_back(*type);
    while (std::erase_if(world().waiting, load_class) != 0) {
    }
}

Slot* objc_msg_lookup_sender(Id* receiver, Selector* selector, Id) {
    if (*receiver == nullptr) return &nil_slot;
    if (is_block(*receiver)) tv::sim::violation("objc: a message to a block");
    // Class objects have no header of ours.
    if ((*receiver)->isa->info % 2 == 0) check(*receiver, selector->name);
    return find_or_end((*receiver)->isa, selector);
}

// Unlike its sibling this one gives the code itself.
Method objc_msg_lookup_super(Super* super, Selector* selector) {
    return super->receiver == nullptr ? nil_slot.method : find_or_end(super->super_class, selector)->method;
}

Id tv_objc_create(Class* type) {
    const auto size = sizeof(Header) + static_cast<std::size_t>(type->instance_size);
    const tv::sim::Apples apples;
    void* memory = std::calloc(1, size);
    if (memory == nullptr) std::abort();
    auto* object = reinterpret_cast<Id>(new (memory) Header + 1);
    object->isa = type;
    {
        const std::lock_guard lock(world().mutex);
        world().objects.insert(object);
        interned(".cxx_construct");
    }
    construct(object, type);
    return object;
}
const char* tv_objc_class_name(Id object) {
    return object->isa->name;
}

Id objc_retain(Id object) {
    if (object == nullptr) return object;
    if (is_block(object)) return static_cast<Id>(_Block_copy(object));
    check(object, "retain");
    ++header(object).count;
    return object;
}
void objc_release(Id object) {
    if (object == nullptr) return;
    if (is_block(object)) return _Block_release(object);
    check(object, "release");
    const tv::sim::Apples apples;
    const long before = header(object).count.fetch_sub(1);
    if (before <= 0) tv::sim::violation("objc: a release too many");
    if (before == 1) destroy(object);
}
Id objc_autorelease(Id object) {
    const tv::sim::Apples apples;
    if (object == nullptr) return object;
    if (pools.marks.empty())
        tv::sim::violation(std::string("objc: autorelease of a ") + object->isa->name +
                           " where no @autoreleasepool is, so it leaks");
    pools.objects.push_back(object);
    return object;
}
void* objc_autoreleasePoolPush() {
    const tv::sim::Apples apples;
    pools.marks.push_back(pools.objects.size());
    return reinterpret_cast<void*>(pools.marks.size());
}
void objc_autoreleasePoolPop(void* pool) {
    if (reinterpret_cast<std::size_t>(pool) != pools.marks.size())
        tv::sim::violation("objc: autorelease pools are popped out of order");
    while (pools.objects.size() > pools.marks.back()) {
        Id object = pools.objects.back();
        pools.objects.pop_back();
        objc_release(object);
    }
    pools.marks.pop_back();
}
Id objc_retainAutorelease(Id object) {
    return objc_autorelease(objc_retain(object));
}
Id objc_autoreleaseReturnValue(Id object) {
    return objc_autorelease(object);
}
Id objc_retainAutoreleaseReturnValue(Id object) {
    return objc_retainAutorelease(object);
}
Id objc_retainAutoreleasedReturnValue(Id object) {
    return objc_retain(object);
}
Id objc_unsafeClaimAutoreleasedReturnValue(Id object) {
    return object;
}
Id objc_storeStrong(Id* place, Id object) {
    objc_retain(object);
    Id old = *place;
    *place = object;
    objc_release(old);
    return object;
}
Id objc_retainBlock(Id block) {
    return static_cast<Id>(_Block_copy(block));
}

} // extern "C"

// --- blocks ------------------------------------------------------------------------------------------------

namespace {

struct BlockDescriptor {
    std::uint64_t reserved, size;
    void (*copy)(void* to, const void* from);
    void (*dispose)(const void* block);
};
struct Block {
    void* isa;
    std::atomic<std::int32_t> flags;
    std::int32_t reserved; // of copies: how many hold it
    void (*invoke)(void*);
    const BlockDescriptor* descriptor;
};
constexpr std::int32_t kHasCopyDispose = 1 << 25;
enum Field { FieldIsObject = 3, FieldIsBlock = 7, FieldIsByRef = 8, ByrefCaller = 128 };

std::atomic_ref<std::int32_t> holders(Block* block) {
    return std::atomic_ref<std::int32_t>(block->reserved);
}

} // namespace

extern "C" {

void* _Block_copy(const void* from) {
    auto* block = static_cast<Block*>(const_cast<void*>(from));
    if (block == nullptr || block->isa == _NSConcreteGlobalBlock) return block;
    if (block->isa == _NSConcreteMallocBlock) {
        ++holders(block);
        return block;
    }
    auto* copy = static_cast<Block*>(std::malloc(block->descriptor->size));
    if (copy == nullptr) std::abort();
    std::memcpy(static_cast<void*>(copy), static_cast<const void*>(block), block->descriptor->size);
    copy->isa = _NSConcreteMallocBlock;
    copy->reserved = 1;
    if ((block->flags & kHasCopyDispose) != 0) block->descriptor->copy(copy, block);
    const std::lock_guard lock(world().mutex);
    ++world().blocks;
    return copy;
}

void _Block_release(const void* which) {
    auto* block = static_cast<Block*>(const_cast<void*>(which));
    if (block == nullptr || block->isa != _NSConcreteMallocBlock) return;
    const std::int32_t left = --holders(block);
    if (left < 0) tv::sim::violation("objc: a block released too often");
    if (left > 0) return;
    if ((block->flags & kHasCopyDispose) != 0) block->descriptor->dispose(block);
    {
        const std::lock_guard lock(world().mutex);
        --world().blocks;
    }
    std::free(block);
}

void _Block_object_assign(void* place, const void* object, int field) {
    if ((field & ByrefCaller) != 0 || (field & FieldIsByRef) != 0)
        tv::sim::violation("objc: __block variables are not used by the product and not known here");
    auto* id = static_cast<Id>(const_cast<void*>(object));
    *static_cast<Id*>(place) = field == FieldIsBlock ? objc_retainBlock(id) : objc_retain(id);
}

void _Block_object_dispose(const void* object, int field) {
    if ((field & (ByrefCaller | FieldIsByRef)) == 0) objc_release(static_cast<Id>(const_cast<void*>(object)));
}

// Exceptions of C++ pass through frames of Objective-C++; there are no others here.
int __gxx_personality_v0(int, int, std::uint64_t, void*, void*); // NOLINT(bugprone-reserved-identifier)
// NOLINTNEXTLINE(bugprone-reserved-identifier)
int __gnustep_objcxx_personality_v0(int version, int actions, std::uint64_t kind, void* exception,
                                    void* context) {
    return __gxx_personality_v0(version, actions, kind, exception, context);
}

} // extern "C"

namespace tv::objc {

std::vector<std::string> alive() {
    const std::lock_guard lock(world().mutex);
    std::vector<std::string> names(world().blocks, "block");
    for (Id object : world().objects) names.emplace_back(object->isa->name);
    std::ranges::sort(names);
    return names;
}

std::size_t pool_depth() {
    return pools.marks.size();
}

} // namespace tv::objc
