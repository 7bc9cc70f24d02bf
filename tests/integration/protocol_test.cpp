#include "byte_bed.h"
