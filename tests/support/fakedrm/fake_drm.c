// Vulkan layer for test beds: a device without VK_EXT_physical_device_drm, such as Mesa's lavapipe, says that
// it is /dev/dri/renderD128. waypipe 0.10 and later takes no other devices. Loaded with VK_LAYER_PATH and
// VK_INSTANCE_LAYERS=VK_LAYER_tv_fake_drm; knows one instance and one device at a time.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define LAYER "VK_LAYER_tv_fake_drm"
#define EXTENSION VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME
// Linux's major number of graphics devices, and the first minor numbers of displays and render nodes.
#define DRM_MAJOR 226
#define PRIMARY_MINOR 0
#define RENDER_MINOR 128

static VkInstance instance;
static PFN_vkGetInstanceProcAddr next_instance_function;
static PFN_vkGetDeviceProcAddr next_device_function;

// --- what the device says ---

static VkResult list(const VkExtensionProperties* all, uint32_t count, uint32_t* wanted,
                     VkExtensionProperties* to) {
    if (to == NULL) {
        *wanted = count;
        return VK_SUCCESS;
    }
    const VkResult result = *wanted < count ? VK_INCOMPLETE : VK_SUCCESS;
    if (*wanted > count) *wanted = count;
    memcpy(to, all, *wanted * sizeof *to);
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL enumerate_device_extensions(VkPhysicalDevice device, const char* layer,
                                                                  uint32_t* count,
                                                                  VkExtensionProperties* properties) {
    if (layer != NULL && strcmp(layer, LAYER) == 0) {
        *count = 0;
        return VK_SUCCESS;
    }
    const PFN_vkEnumerateDeviceExtensionProperties next =
        (PFN_vkEnumerateDeviceExtensionProperties)next_instance_function(
            instance, "vkEnumerateDeviceExtensionProperties");
    if (layer != NULL) return next(device, layer, count, properties);
    uint32_t known = 0;
    VkResult result = next(device, NULL, &known, NULL);
    VkExtensionProperties* all = calloc(known + 1, sizeof *all);
    if (all == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
    if (result == VK_SUCCESS) result = next(device, NULL, &known, all);
    if (result == VK_SUCCESS) {
        uint32_t i = 0;
        while (i < known && strcmp(all[i].extensionName, EXTENSION) != 0) ++i;
        if (i == known) {
            strcpy(all[known].extensionName, EXTENSION);
            all[known++].specVersion = VK_EXT_PHYSICAL_DEVICE_DRM_SPEC_VERSION;
        }
        result = list(all, known, count, properties);
    }
    free(all);
    return result;
}

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice device,
                                                 VkPhysicalDeviceProperties2* properties) {
    const PFN_vkGetPhysicalDeviceProperties2 next =
        (PFN_vkGetPhysicalDeviceProperties2)next_instance_function(instance,
                                                                   "vkGetPhysicalDeviceProperties2");
    next(device, properties);
    for (VkBaseOutStructure* part = properties->pNext; part != NULL; part = part->pNext) {
        if (part->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT) continue;
        VkPhysicalDeviceDrmPropertiesEXT* drm = (VkPhysicalDeviceDrmPropertiesEXT*)(void*)part;
        drm->hasPrimary = drm->hasRender = VK_TRUE;
        drm->primaryMajor = drm->renderMajor = DRM_MAJOR;
        drm->primaryMinor = PRIMARY_MINOR;
        drm->renderMinor = RENDER_MINOR;
    }
}

// --- creation: the layer's link in the chain, and the extension that the driver has not got left out ---

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info,
                                                      const VkAllocationCallbacks* allocator,
                                                      VkInstance* created) {
    // The loader's structures in the chain are for layers to change.
    VkLayerInstanceCreateInfo* link = (VkLayerInstanceCreateInfo*)(uintptr_t)info->pNext;
    while (link != NULL && (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO ||
                            link->function != VK_LAYER_LINK_INFO))
        link = (VkLayerInstanceCreateInfo*)(uintptr_t)link->pNext;
    if (link == NULL) return VK_ERROR_INITIALIZATION_FAILED;
    next_instance_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    const PFN_vkCreateInstance next = (PFN_vkCreateInstance)next_instance_function(NULL, "vkCreateInstance");
    const VkResult result = next(info, allocator, created);
    if (result == VK_SUCCESS) instance = *created;
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                                    const VkAllocationCallbacks* allocator,
                                                    VkDevice* created) {
    VkLayerDeviceCreateInfo* link = (VkLayerDeviceCreateInfo*)(uintptr_t)info->pNext;
    while (link != NULL && (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO ||
                            link->function != VK_LAYER_LINK_INFO))
        link = (VkLayerDeviceCreateInfo*)(uintptr_t)link->pNext;
    if (link == NULL) return VK_ERROR_INITIALIZATION_FAILED;
    const PFN_vkGetInstanceProcAddr next_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    next_device_function = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    const char** kept = calloc(info->enabledExtensionCount + 1, sizeof *kept);
    if (kept == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
    VkDeviceCreateInfo changed = *info;
    changed.enabledExtensionCount = 0;
    changed.ppEnabledExtensionNames = kept;
    for (uint32_t i = 0; i < info->enabledExtensionCount; ++i) {
        if (strcmp(info->ppEnabledExtensionNames[i], EXTENSION) != 0)
            kept[changed.enabledExtensionCount++] = info->ppEnabledExtensionNames[i];
    }
    const VkResult result = ((PFN_vkCreateDevice)next_function(instance, "vkCreateDevice"))(
        physical, &changed, allocator, created);
    free(kept);
    return result;
}

// --- the loader's way in ---

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char* name) {
    if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)device_function;
    return next_device_function == NULL ? NULL : next_device_function(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance from, const char* name) {
    const struct {
        const char* name;
        PFN_vkVoidFunction function;
    } ours[] = {
        {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)instance_function},
        {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_function},
        {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
        {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
        {"vkEnumerateDeviceExtensionProperties", (PFN_vkVoidFunction)enumerate_device_extensions},
        {"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)get_properties},
        {"vkGetPhysicalDeviceProperties2KHR", (PFN_vkVoidFunction)get_properties},
    };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; ++i) {
        if (strcmp(name, ours[i].name) == 0) return ours[i].function;
    }
    return next_instance_function == NULL ? NULL : next_instance_function(from, name);
}

VK_LAYER_EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
    interface->loaderLayerInterfaceVersion = 2;
    interface->pfnGetInstanceProcAddr = instance_function;
    interface->pfnGetDeviceProcAddr = device_function;
    interface->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
