// The clipboard and the primary selection, shared by all the protocols that reach them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "core.h"

namespace tv::test {

enum class SelectionKind { Clipboard, Primary };

// Somebody who offers data.
struct Source {
    virtual ~Source() = default;
    // Asks the owner to write the data into the descriptor, which stays the caller's.
    virtual void send(const std::string& type, int fd) = 0;
    virtual void cancelled() = 0;
    std::vector<std::string> types;
};

// Somebody who wants to know what is offered. Every bound device hears of it, focused or not: the test bed's
// clients may have no window.
struct SelectionListener {
    virtual ~SelectionListener() = default;
    virtual void selection_changed(SelectionKind kind, const std::shared_ptr<Source>& source) = 0;
};

class Selections {
public:
    // Replaces the selection; the old owner is told.
    void set(SelectionKind kind, const std::shared_ptr<Source>& source) {
        std::shared_ptr<Source>& slot = slots_[static_cast<int>(kind)];
        if (slot == source && source) return;
        const std::shared_ptr<Source> old = std::exchange(slot, source);
        if (old) old->cancelled();
        tell(kind);
    }
    // A source whose resource is gone takes its selections with it.
    void source_gone(const Source* source) {
        for (const SelectionKind kind : {SelectionKind::Clipboard, SelectionKind::Primary}) {
            std::shared_ptr<Source>& slot = slots_[static_cast<int>(kind)];
            if (slot.get() != source) continue;
            slot = nullptr;
            tell(kind);
        }
    }
    void add(const std::weak_ptr<SelectionListener>& listener) { listeners_.push_back(listener); }
    [[nodiscard]] const std::shared_ptr<Source>& current(SelectionKind kind) const {
        return slots_[static_cast<int>(kind)];
    }

private:
    void tell(SelectionKind kind) {
        std::erase_if(listeners_, [](const auto& weak) { return weak.expired(); });
        const auto listeners = listeners_;
        for (const auto& weak : listeners) {
            if (const auto listener = weak.lock()) listener->selection_changed(kind, current(kind));
        }
    }
    std::shared_ptr<Source> slots_[2];
    std::vector<std::weak_ptr<SelectionListener>> listeners_;
};

// The parts that wl_data_device, primary selection and both data-control protocols have in common. Api names
// the protocol's interfaces and events; see data_device.cpp.
template <typename Api>
struct SourceObject : Source {
    explicit SourceObject(Core& the_core) : core(the_core) {}
    void send(const std::string& type, int fd) override {
        if (resource != nullptr) Api::source_send(resource, type.c_str(), fd);
    }
    void cancelled() override {
        if (resource != nullptr) Api::source_cancelled(resource);
    }
    void resource_gone() {
        if (core.selections) core.selections->source_gone(this);
    }
    Core& core;
    wl_resource* resource = nullptr;
};

template <typename Api>
struct OfferObject {
    std::weak_ptr<Source> source;
    wl_resource* resource = nullptr;
};

template <typename Api>
struct DeviceObject : SelectionListener {
    explicit DeviceObject(Core& the_core) : core(the_core) {}
    void selection_changed(SelectionKind kind, const std::shared_ptr<Source>& source) override {
        if (resource == nullptr || !Api::handles(resource, kind)) return;
        wl_resource* offer = nullptr;
        if (source) {
            auto object = std::make_shared<OfferObject<Api>>();
            object->source = source;
            offer = create_object(wl_resource_get_client(resource), Api::kOfferInterface,
                                  wl_resource_get_version(resource), 0, Api::offer_implementation(), object);
            if (offer == nullptr) return;
            Api::device_data_offer(resource, offer);
            for (const std::string& type : source->types) Api::offer_type(offer, type.c_str());
        }
        Api::device_selection(resource, kind, offer);
    }
    Core& core;
    wl_resource* resource = nullptr;
};

// --- request handlers ---

template <typename Api>
void create_source(wl_client* client, wl_resource* manager, std::uint32_t id) {
    Core& core = core_of(manager);
    create_object(client, Api::kSourceInterface, wl_resource_get_version(manager), id,
                  Api::source_implementation(), std::make_shared<SourceObject<Api>>(core));
}

template <typename Api>
void get_device(wl_client* client, wl_resource* manager, std::uint32_t id, wl_resource* /*seat*/) {
    Core& core = core_of(manager);
    auto device = std::make_shared<DeviceObject<Api>>(core);
    if (create_object(client, Api::kDeviceInterface, wl_resource_get_version(manager), id,
                      Api::device_implementation(), device) == nullptr) {
        return;
    }
    core.selections->add(device);
    for (const SelectionKind kind : {SelectionKind::Clipboard, SelectionKind::Primary}) {
        const auto& current = core.selections->current(kind);
        if (current || Api::kTellsOfNothing) device->selection_changed(kind, current);
    }
}

template <typename Api>
void source_offer(wl_client*, wl_resource* resource, const char* type) {
    object_of<SourceObject<Api>>(resource)->types.push_back(type);
}

template <typename Api>
void offer_receive(wl_client*, wl_resource* resource, const char* type, std::int32_t fd) {
    if (const auto source = object_of<OfferObject<Api>>(resource)->source.lock()) source->send(type, fd);
    close(fd);
}

template <typename Api>
void select(wl_resource* device, wl_resource* source, SelectionKind kind) {
    Core& core = object_of<DeviceObject<Api>>(device)->core;
    std::shared_ptr<Source> object;
    if (source != nullptr) object = object_of<SourceObject<Api>>(source);
    core.selections->set(kind, object);
}

} // namespace tv::test
