// The ids of a connection: who may name which, when one is free again, and how many there can be.
#include "wayland/object_table.h"

#include "base/limits.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tv::wayland {
namespace {

using enum InterfaceId;

struct CountedData final : ObjectData {
    explicit CountedData(int& alive) : alive_(alive) { ++alive_; }
    CountedData(const CountedData&) = delete;
    CountedData& operator=(const CountedData&) = delete;
    ~CountedData() override { --alive_; }
    int& alive_;
};

TEST(ObjectTable, begins_with_the_display_and_keeps_it) {
    ObjectTable table;
    EXPECT_EQ(table.live(), 1U);
    ASSERT_NE(table.find(kDisplayId), nullptr);
    EXPECT_EQ(table.find(kDisplayId)->interface, wl_display);
    EXPECT_FALSE(table.create_client(kDisplayId, wl_callback, 1).has_value());

    table.remove(kDisplayId);
    ASSERT_NE(table.find(kDisplayId), nullptr);
    EXPECT_EQ(table.find(kDisplayId)->interface, wl_display);
    EXPECT_EQ(table.live(), 1U);
}

TEST(ObjectTable, ids_that_nobody_created_are_not_tracked) {
    ObjectTable table;
    for (std::uint32_t id : {0U, 2U, 9999U, kServerIdBase - 1, kServerIdBase, kServerIdBase + 1, 0xffffffffU})
        EXPECT_EQ(table.find(id), nullptr) << id;
}

TEST(ObjectTable, a_request_cannot_name_an_id_outside_of_the_client_range) {
    ObjectTable table;
    for (std::uint32_t id : {0U, kServerIdBase, kServerIdBase + 7, 0xffffffffU}) {
        const auto created = table.create_client(id, wl_surface, 1);
        ASSERT_FALSE(created.has_value()) << id;
        EXPECT_EQ(created.error().category, ErrorCategory::PeerViolation) << id;
        EXPECT_EQ(table.find(id), nullptr) << id;
    }
    EXPECT_EQ(table.live(), 1U);
}

TEST(ObjectTable, an_event_cannot_name_an_id_of_the_client_range) {
    ObjectTable table;
    for (std::uint32_t id : {0U, 1U, 2U, kServerIdBase - 1}) {
        const auto created = table.create_server(id, wl_data_offer, 3);
        ASSERT_FALSE(created.has_value()) << id;
        EXPECT_EQ(created.error().category, ErrorCategory::Compositor) << id;
    }
    EXPECT_EQ(table.live(), 1U);
}

TEST(ObjectTable, an_id_in_use_cannot_be_taken_and_keeps_its_object) {
    ObjectTable table;
    ASSERT_TRUE(table.create_client(2, wl_surface, 6).has_value());
    const auto collision = table.create_client(2, wl_buffer, 1);
    ASSERT_FALSE(collision.has_value());
    EXPECT_EQ(collision.error().category, ErrorCategory::PeerViolation);
    EXPECT_EQ(collision.error().value, 2);
    EXPECT_EQ(table.find(2)->interface, wl_surface);
    EXPECT_EQ(table.find(2)->version, 6);
    EXPECT_EQ(table.live(), 2U);
}

TEST(ObjectTable, a_destroyed_id_stays_taken_until_delete_id) {
    ObjectTable table;
    ASSERT_TRUE(table.create_client(2, wl_surface, 6).has_value());
    table.destroy(2);
    ASSERT_NE(table.find(2), nullptr) << "events that crossed the destructor still need the interface";
    EXPECT_TRUE(table.find(2)->zombie);
    EXPECT_EQ(table.find(2)->interface, wl_surface);

    const auto early = table.create_client(2, wl_buffer, 1);
    ASSERT_FALSE(early.has_value());
    EXPECT_EQ(early.error().category, ErrorCategory::PeerViolation);
    EXPECT_STRNE(early.error().what, table.create_client(kDisplayId, wl_buffer, 1).error().what)
        << "reuse before delete_id has words of its own";

    table.remove(2);
    EXPECT_EQ(table.find(2), nullptr);
    EXPECT_TRUE(table.create_client(2, wl_buffer, 1).has_value());
}

TEST(ObjectTable, a_reused_id_has_nothing_of_the_object_before) {
    ObjectTable table;
    int alive = 0;
    {
        const auto first = table.create_client(3, wl_surface, 6);
        ASSERT_TRUE(first.has_value());
        (*first)->holder = Holder::StandIn;
        (*first)->data = std::make_unique<CountedData>(alive);
    }
    table.remove(3);
    EXPECT_EQ(alive, 0);

    const auto second = table.create_client(3, wl_buffer, 1);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ((*second)->interface, wl_buffer);
    EXPECT_EQ((*second)->version, 1);
    EXPECT_EQ((*second)->holder, Holder::Theirs);
    EXPECT_FALSE((*second)->zombie);
    EXPECT_EQ((*second)->data, nullptr);
}

TEST(ObjectTable, what_an_object_remembers_goes_with_its_destructor_and_does_not_wait_for_delete_id) {
    ObjectTable table;
    int alive = 0;
    (*table.create_client(3, wl_surface, 6))->data = std::make_unique<CountedData>(alive);
    ASSERT_EQ(alive, 1);
    table.destroy(3);
    EXPECT_EQ(alive, 0);
    ASSERT_NE(table.find(3), nullptr);
    EXPECT_EQ(table.find(3)->data, nullptr);
}

TEST(ObjectTable, delete_id_frees_an_object_that_had_no_destructor) {
    ObjectTable table;
    ASSERT_TRUE(table.create_client(2, wl_callback, 1).has_value());
    table.remove(2);
    EXPECT_EQ(table.find(2), nullptr);
    EXPECT_EQ(table.live(), 1U);
}

TEST(ObjectTable, delete_id_and_destroy_of_untracked_ids_change_nothing) {
    ObjectTable table;
    ASSERT_TRUE(table.create_client(2, wl_surface, 1).has_value());
    for (std::uint32_t id : {0U, 3U, 100000U, kServerIdBase - 1, kServerIdBase, 0xffffffffU}) {
        table.destroy(id);
        table.remove(id);
        table.remove(id);
    }
    EXPECT_EQ(table.live(), 2U);
    EXPECT_FALSE(table.find(2)->zombie);
}

TEST(ObjectTable, a_live_server_id_cannot_be_announced_again) {
    ObjectTable table;
    ASSERT_TRUE(table.create_server(kServerIdBase, wl_data_offer, 3).has_value());
    const auto again = table.create_server(kServerIdBase, wl_buffer, 1);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().category, ErrorCategory::Compositor);
    EXPECT_EQ(table.find(kServerIdBase)->interface, wl_data_offer);
}

TEST(ObjectTable, a_server_zombie_is_replaced_because_delete_id_never_comes_for_it) {
    ObjectTable table;
    int alive = 0;
    {
        const auto offer = table.create_server(kServerIdBase + 1, wl_data_offer, 3);
        ASSERT_TRUE(offer.has_value());
        (*offer)->data = std::make_unique<CountedData>(alive);
    }
    table.destroy(kServerIdBase + 1);
    ASSERT_NE(table.find(kServerIdBase + 1), nullptr);
    EXPECT_TRUE(table.find(kServerIdBase + 1)->zombie);

    const auto buffer = table.create_server(kServerIdBase + 1, wl_buffer, 1);
    ASSERT_TRUE(buffer.has_value());
    EXPECT_EQ((*buffer)->interface, wl_buffer);
    EXPECT_FALSE((*buffer)->zombie);
    EXPECT_EQ((*buffer)->data, nullptr);
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(table.live(), 2U);
}

TEST(ObjectTable, the_ranges_do_not_mix) {
    ObjectTable table;
    ASSERT_TRUE(table.create_client(5, wl_surface, 6).has_value());
    ASSERT_TRUE(table.create_server(kServerIdBase + 5, wl_data_offer, 3).has_value());
    EXPECT_EQ(table.find(5)->interface, wl_surface);
    EXPECT_EQ(table.find(kServerIdBase + 5)->interface, wl_data_offer);
    table.remove(5);
    EXPECT_EQ(table.find(5), nullptr);
    EXPECT_NE(table.find(kServerIdBase + 5), nullptr);
}

TEST(ObjectTable, ten_thousand_objects_are_the_limit_and_one_gone_makes_room_for_one) {
    ObjectTable table;
    std::uint32_t id = 2;
    while (table.live() < limits::kMaxObjects)
        ASSERT_TRUE(table.create_client(id++, wl_callback, 1).has_value());

    for (const auto& refused :
         {table.create_client(id, wl_callback, 1), table.create_server(kServerIdBase, wl_data_offer, 3)}) {
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().category, ErrorCategory::Limit);
        EXPECT_EQ(refused.error().value, static_cast<std::int64_t>(limits::kMaxObjects));
    }
    EXPECT_EQ(table.live(), limits::kMaxObjects);

    table.destroy(2);
    EXPECT_FALSE(table.create_client(id, wl_callback, 1).has_value()) << "a zombie still counts";
    table.remove(2);
    EXPECT_TRUE(table.create_client(2, wl_callback, 1).has_value());
    EXPECT_FALSE(table.create_client(id, wl_callback, 1).has_value());
}

TEST(ObjectTable, a_far_id_is_refused_instead_of_allocating_up_to_it) {
    ObjectTable table;
    const auto far = static_cast<std::uint32_t>(limits::kMaxObjects + 1);
    for (std::uint32_t id : {far, 0x00ffffffU, 0x7fffffffU, kServerIdBase - 1}) {
        const auto created = table.create_client(id, wl_surface, 1);
        ASSERT_FALSE(created.has_value()) << id;
        EXPECT_EQ(created.error().category, ErrorCategory::Limit) << id;
    }
    for (std::uint32_t id : {kServerIdBase + far, 0xffffffffU}) {
        const auto created = table.create_server(id, wl_data_offer, 1);
        ASSERT_FALSE(created.has_value()) << id;
        EXPECT_EQ(created.error().category, ErrorCategory::Limit) << id;
    }
    EXPECT_EQ(table.live(), 1U);
}

TEST(ObjectTable, dropping_the_table_drops_what_its_objects_remember) {
    int alive = 0;
    {
        ObjectTable table;
        for (std::uint32_t id = 2; id < 50; ++id)
            (*table.create_client(id, wl_surface, 1))->data = std::make_unique<CountedData>(alive);
        EXPECT_EQ(alive, 48);
    }
    EXPECT_EQ(alive, 0);
}

// Random calls against the rules written with a map.
TEST(ObjectTable, agrees_with_its_rules_over_a_long_life) {
    struct Known {
        InterfaceId interface;
        bool zombie;
    };
    ObjectTable table;
    std::map<std::uint32_t, Known> model{{kDisplayId, {wl_display, false}}};
    std::mt19937 random(7);
    for (int step = 0; step < 100'000; ++step) {
        const bool server = random() % 2 == 0;
        const std::uint32_t id = (server ? kServerIdBase : 2) + random() % 40;
        const auto interface = random() % 2 == 0 ? wl_surface : wl_buffer;
        const auto known = model.find(id);
        switch (random() % 4) {
        case 0:
        case 1: {
            const bool allowed = known == model.end() || (server && known->second.zombie);
            const auto created =
                server ? table.create_server(id, interface, 1) : table.create_client(id, interface, 1);
            ASSERT_EQ(created.has_value(), allowed) << "step " << step << ", id " << id;
            if (allowed) model[id] = {interface, false};
            break;
        }
        case 2:
            table.destroy(id);
            if (known != model.end()) known->second.zombie = true;
            break;
        default:
            table.remove(id);
            model.erase(id);
            break;
        }
        ASSERT_EQ(table.live(), model.size()) << "step " << step;
        const Object* const found = table.find(id);
        const auto expected = model.find(id);
        ASSERT_EQ(found != nullptr, expected != model.end()) << "step " << step;
        if (found != nullptr) {
            ASSERT_EQ(found->interface, expected->second.interface) << "step " << step;
            ASSERT_EQ(found->zombie, expected->second.zombie) << "step " << step;
        }
    }
}

} // namespace
} // namespace tv::wayland
