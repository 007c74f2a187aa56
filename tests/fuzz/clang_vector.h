// Read before everything else where clang compiles LibTorch 1.13's headers: they name
// std::vector<c10::IValue> before IValue is complete, which clang refuses when C++20 makes the vector's
// members constexpr. It is the real class of GCC's standard library but for that word; only for the fuzz
// targets.
#pragma once

#include <bits/allocator.h>
#include <bits/stl_algobase.h>
#include <bits/stl_construct.h>
#include <bits/stl_uninitialized.h>

#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 __fill_a1_of_bits // declared above already, with the word
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
