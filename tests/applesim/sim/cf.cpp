#include "cf.h"
#include "calls.h"

#include <algorithm>
#include <cstring>

#include <unistd.h>

using tv::sim::check;
using tv::sim::check_alive;
using tv::sim::TypeInfo;
using tv::sim::violation;

const TypeInfo __CFString::kType{"CFString"};
const TypeInfo __CFBoolean::kType{"CFBoolean"};
const TypeInfo __CFNumber::kType{"CFNumber"};
const TypeInfo __CFData::kType{"CFData"};
const TypeInfo __CFArray::kType{"CFArray"};
const TypeInfo __CFDictionary::kType{"CFDictionary"};

// NOLINTNEXTLINE(bugprone-reserved-identifier)
struct __CFAllocator : tv::sim::Object {
    static const TypeInfo kType;
    __CFAllocator() : Object(kType) {}
};
const TypeInfo __CFAllocator::kType{"CFAllocator"};

namespace {

const void* retain_value(CFAllocatorRef /*allocator*/, const void* value) {
    return CFRetain(value);
}
void release_value(CFAllocatorRef /*allocator*/, const void* value) {
    tv::sim::release(value, "a collection");
}

void check_allocator(CFAllocatorRef allocator, const char* function) {
    if (allocator != nullptr) check<__CFAllocator>(allocator, function);
}

bool same(const void* a, const void* b, Boolean (*equal)(const void*, const void*)) {
    return a == b || (equal != nullptr && equal(a, b) != 0);
}

} // namespace

// kCFAllocatorDefault is NULL on macOS too; the others are objects.
const CFAllocatorRef kCFAllocatorDefault = nullptr;
const CFAllocatorRef kCFAllocatorMalloc = tv::sim::immortal(new __CFAllocator);
const CFAllocatorRef kCFAllocatorNull = tv::sim::immortal(new __CFAllocator);
const CFBooleanRef kCFBooleanTrue = tv::sim::immortal(new __CFBoolean(true));
const CFBooleanRef kCFBooleanFalse = tv::sim::immortal(new __CFBoolean(false));
const CFArrayCallBacks kCFTypeArrayCallBacks = {0, retain_value, release_value, nullptr, CFEqual};
const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks = {0,       retain_value, release_value,
                                                                nullptr, CFEqual,      CFHash};
const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks = {0, retain_value, release_value, nullptr,
                                                                    CFEqual};

bool __CFString::equals(const Object& other) const {
    return other.type == type && static_cast<const __CFString&>(other).text == text;
}
bool __CFNumber::equals(const Object& other) const {
    return other.type == type && static_cast<const __CFNumber&>(other).real == real &&
           static_cast<const __CFNumber&>(other).integer == integer;
}
bool __CFData::equals(const Object& other) const {
    return other.type == type && static_cast<const __CFData&>(other).bytes == bytes;
}

__CFArray::__CFArray(const CFArrayCallBacks* with, bool is_mutable) : Object(kType), can_change(is_mutable) {
    if (with != nullptr) callbacks = *with;
}
void __CFArray::add(const void* value) {
    values.push_back(callbacks.retain == nullptr ? value : callbacks.retain(nullptr, value));
}
void __CFArray::dispose() {
    for (const void* value : values) {
        if (callbacks.release != nullptr) callbacks.release(nullptr, value);
    }
    values.clear();
}
bool __CFArray::equals(const Object& other) const {
    if (other.type != type) return false;
    const auto& that = static_cast<const __CFArray&>(other);
    return std::equal(values.begin(), values.end(), that.values.begin(), that.values.end(),
                      [&](const void* a, const void* b) { return same(a, b, callbacks.equal); });
}

__CFDictionary::__CFDictionary(const CFDictionaryKeyCallBacks* key_callbacks,
                               const CFDictionaryValueCallBacks* value_callbacks, bool is_mutable)
    : Object(kType), can_change(is_mutable) {
    if (key_callbacks != nullptr) keys = *key_callbacks;
    if (value_callbacks != nullptr) values = *value_callbacks;
}
void __CFDictionary::set(const void* key, const void* value) {
    // The new value first: it may be the old one's only owner.
    const void* kept = values.retain == nullptr ? value : values.retain(nullptr, value);
    for (auto& entry : entries) {
        if (!same(entry.first, key, keys.equal)) continue;
        if (values.release != nullptr) values.release(nullptr, entry.second);
        entry.second = kept;
        return;
    }
    entries.emplace_back(keys.retain == nullptr ? key : keys.retain(nullptr, key), kept);
}
const void* __CFDictionary::get(const void* key) const {
    for (const auto& entry : entries) {
        if (same(entry.first, key, keys.equal)) return entry.second;
    }
    return nullptr;
}
void __CFDictionary::dispose() {
    for (const auto& entry : entries) {
        if (keys.release != nullptr) keys.release(nullptr, entry.first);
        if (values.release != nullptr) values.release(nullptr, entry.second);
    }
    entries.clear();
}
bool __CFDictionary::equals(const Object& other) const {
    if (other.type != type) return false;
    const auto& that = static_cast<const __CFDictionary&>(other);
    if (entries.size() != that.entries.size()) return false;
    return std::all_of(entries.begin(), entries.end(), [&](const auto& entry) {
        const void* value = that.get(entry.first);
        return value != nullptr && same(entry.second, value, values.equal);
    });
}

namespace tv::sim {

CFStringRef constant_string(const char* name) {
    return immortal(new __CFString(std::string(name) + "." + std::to_string(getpid())));
}

const __CFDictionary* check_dictionary(CFDictionaryRef dictionary, const char* function) {
    const auto* dict = check<__CFDictionary>(dictionary, function);
    if (dict->keys.retain == nullptr || dict->keys.equal == nullptr || dict->values.retain == nullptr) {
        violation(std::string(function) + ": a dictionary without the CF callbacks holds nothing alive",
                  dict);
    }
    for (const auto& entry : dict->entries) {
        check<__CFString>(entry.first, function);
        check_alive(entry.second, function);
    }
    return dict;
}

std::optional<std::int64_t> integer_of(const __CFDictionary* dictionary, CFStringRef key,
                                       const char* function) {
    const void* value = dictionary == nullptr ? nullptr : dictionary->get(key);
    if (value == nullptr) return std::nullopt;
    return check<__CFNumber>(value, function)->integer;
}

std::optional<bool> boolean_of(const __CFDictionary* dictionary, CFStringRef key, const char* function) {
    const void* value = dictionary == nullptr ? nullptr : dictionary->get(key);
    if (value == nullptr) return std::nullopt;
    return check<__CFBoolean>(value, function)->value;
}

} // namespace tv::sim

extern "C" {

CFTypeRef CFRetain(CFTypeRef cf) {
    TV_SIM_CALL();
    tv::sim::retain(cf);
    return cf;
}
void CFRelease(CFTypeRef cf) {
    TV_SIM_CALL();
    tv::sim::release(cf);
}
CFTypeID CFGetTypeID(CFTypeRef cf) {
    TV_SIM_CALL();
    return tv::sim::type_id(*check_alive(cf, "CFGetTypeID")->type);
}
CFIndex CFGetRetainCount(CFTypeRef cf) {
    TV_SIM_CALL();
    return check_alive(cf, "CFGetRetainCount")->retain_count.load();
}
Boolean CFEqual(CFTypeRef cf1, CFTypeRef cf2) {
    TV_SIM_CALL();
    return check_alive(cf1, "CFEqual")->equals(*check_alive(cf2, "CFEqual")) ? 1 : 0;
}
CFHashCode CFHash(CFTypeRef cf) {
    TV_SIM_CALL();
    return check_alive(cf, "CFHash")->hash();
}

CFTypeID CFStringGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFString::kType);
}
CFStringRef CFStringCreateWithCString(CFAllocatorRef alloc, const char* cStr, CFStringEncoding encoding) {
    TV_SIM_CALL();
    check_allocator(alloc, __func__);
    if (cStr == nullptr || encoding != kCFStringEncodingUTF8) {
        violation("CFStringCreateWithCString: only UTF-8 text is simulated");
    }
    return new __CFString(cStr);
}
Boolean CFStringGetCString(CFStringRef theString, char* buffer, CFIndex bufferSize,
                           CFStringEncoding encoding) {
    TV_SIM_CALL();
    const auto* string = check<__CFString>(theString, __func__);
    if (encoding != kCFStringEncodingUTF8) violation("CFStringGetCString: only UTF-8 text is simulated");
    if (bufferSize <= static_cast<CFIndex>(string->text.size())) return 0;
    std::memcpy(buffer, string->text.c_str(), string->text.size() + 1);
    return 1;
}

CFTypeID CFBooleanGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFBoolean::kType);
}
Boolean CFBooleanGetValue(CFBooleanRef boolean) {
    TV_SIM_CALL();
    return check<__CFBoolean>(boolean, __func__)->value ? 1 : 0;
}

CFTypeID CFNumberGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFNumber::kType);
}
CFNumberRef CFNumberCreate(CFAllocatorRef allocator, CFNumberType theType, const void* valuePtr) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    if (valuePtr == nullptr) violation("CFNumberCreate of NULL");
    const auto read = [&]<class T>(T value) {
        std::memcpy(&value, valuePtr, sizeof value);
        return new __CFNumber(static_cast<std::int64_t>(value), static_cast<double>(value),
                              static_cast<T>(0.5) != static_cast<T>(0));
    };
    switch (theType) {
    case kCFNumberSInt32Type:
    case kCFNumberIntType:
        return read(std::int32_t{});
    case kCFNumberSInt64Type:
        return read(std::int64_t{});
    case kCFNumberFloat32Type:
        return read(float{});
    case kCFNumberFloat64Type:
        return read(double{});
    }
    violation("CFNumberCreate: a type that is not simulated");
}
Boolean CFNumberGetValue(CFNumberRef number, CFNumberType theType, void* valuePtr) {
    TV_SIM_CALL();
    const auto* value = check<__CFNumber>(number, __func__);
    const auto write = [&](auto converted) {
        std::memcpy(valuePtr, &converted, sizeof converted);
        return static_cast<Boolean>(
            static_cast<double>(converted) == value->real ||
            (!value->is_float && static_cast<std::int64_t>(converted) == value->integer));
    };
    switch (theType) {
    case kCFNumberSInt32Type:
    case kCFNumberIntType:
        return write(static_cast<std::int32_t>(value->integer));
    case kCFNumberSInt64Type:
        return write(value->integer);
    case kCFNumberFloat32Type:
        return write(static_cast<float>(value->real));
    case kCFNumberFloat64Type:
        return write(value->real);
    }
    violation("CFNumberGetValue: a type that is not simulated");
}

CFTypeID CFDataGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFData::kType);
}
CFDataRef CFDataCreate(CFAllocatorRef allocator, const uint8_t* bytes, CFIndex length) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    if (length < 0 || (bytes == nullptr && length > 0)) violation("CFDataCreate: no such bytes");
    return new __CFData(std::vector<std::uint8_t>(bytes, bytes + length));
}
CFIndex CFDataGetLength(CFDataRef theData) {
    TV_SIM_CALL();
    return static_cast<CFIndex>(check<__CFData>(theData, __func__)->bytes.size());
}
const uint8_t* CFDataGetBytePtr(CFDataRef theData) {
    TV_SIM_CALL();
    return check<__CFData>(theData, __func__)->bytes.data();
}

CFTypeID CFArrayGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFArray::kType);
}
CFArrayRef CFArrayCreate(CFAllocatorRef allocator, const void** values, CFIndex numValues,
                         const CFArrayCallBacks* callBacks) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    auto* array = new __CFArray(callBacks, false);
    for (CFIndex i = 0; i < numValues; ++i) array->add(values[i]);
    return array;
}
CFMutableArrayRef CFArrayCreateMutable(CFAllocatorRef allocator, CFIndex /*capacity*/,
                                       const CFArrayCallBacks* callBacks) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    return new __CFArray(callBacks, true);
}
void CFArrayAppendValue(CFMutableArrayRef theArray, const void* value) {
    TV_SIM_CALL();
    auto* array = check<__CFArray>(theArray, __func__);
    if (!array->can_change) violation("CFArrayAppendValue to an immutable array", array);
    array->add(value);
}
CFIndex CFArrayGetCount(CFArrayRef theArray) {
    TV_SIM_CALL();
    return static_cast<CFIndex>(check<__CFArray>(theArray, __func__)->values.size());
}
const void* CFArrayGetValueAtIndex(CFArrayRef theArray, CFIndex idx) {
    TV_SIM_CALL();
    const auto* array = check<__CFArray>(theArray, __func__);
    if (idx < 0 || idx >= static_cast<CFIndex>(array->values.size())) {
        violation("CFArrayGetValueAtIndex past the end", array);
    }
    return array->values[static_cast<std::size_t>(idx)];
}

CFTypeID CFDictionaryGetTypeID(void) {
    TV_SIM_CALL();
    return tv::sim::type_id(__CFDictionary::kType);
}
CFDictionaryRef CFDictionaryCreate(CFAllocatorRef allocator, const void** keys, const void** values,
                                   CFIndex numValues, const CFDictionaryKeyCallBacks* keyCallBacks,
                                   const CFDictionaryValueCallBacks* valueCallBacks) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    auto* dictionary = new __CFDictionary(keyCallBacks, valueCallBacks, false);
    for (CFIndex i = 0; i < numValues; ++i) dictionary->set(keys[i], values[i]);
    return dictionary;
}
CFMutableDictionaryRef CFDictionaryCreateMutable(CFAllocatorRef allocator, CFIndex /*capacity*/,
                                                 const CFDictionaryKeyCallBacks* keyCallBacks,
                                                 const CFDictionaryValueCallBacks* valueCallBacks) {
    TV_SIM_CALL();
    check_allocator(allocator, __func__);
    return new __CFDictionary(keyCallBacks, valueCallBacks, true);
}
void CFDictionarySetValue(CFMutableDictionaryRef theDict, const void* key, const void* value) {
    TV_SIM_CALL();
    auto* dictionary = check<__CFDictionary>(theDict, __func__);
    if (!dictionary->can_change) violation("CFDictionarySetValue on an immutable dictionary", dictionary);
    dictionary->set(key, value);
}
CFIndex CFDictionaryGetCount(CFDictionaryRef theDict) {
    TV_SIM_CALL();
    return static_cast<CFIndex>(check<__CFDictionary>(theDict, __func__)->entries.size());
}
const void* CFDictionaryGetValue(CFDictionaryRef theDict, const void* key) {
    TV_SIM_CALL();
    return check<__CFDictionary>(theDict, __func__)->get(key);
}

} // extern "C"
