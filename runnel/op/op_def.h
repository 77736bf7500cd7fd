#pragma once
#include <span>
namespace runnel::inline v0 {
struct OpDef;
struct KernelDef;
}
