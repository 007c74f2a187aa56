# Language level, warnings, sanitizers and the compiler cache; nothing here names a library.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# The sums are done in LibTorch; -O3 only made our own files compile longer.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this sloppiness ccache refuses every file that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${CCACHE_PROGRAM}")
endif()

add_library(ddpm_warnings INTERFACE)
target_compile_options(ddpm_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion)
if(DDPM_WARNINGS_AS_ERRORS)
  target_compile_options(ddpm_warnings INTERFACE -Werror)
endif()

if(DDPM_SANITIZE)
  # With sanitizers GCC 12 sees faults in its own string class that are not there (its bugs 105329, 105651).
  target_compile_options(ddpm_warnings INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-maybe-uninitialized)
  add_compile_options(-fsanitize=${DDPM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DDPM_SANITIZE})
endif()
