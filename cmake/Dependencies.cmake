# Every library the program is built from. The Debian packages that hold them are listed in packaging/dependencies.

# LIBTORCH=/path (or CMAKE_PREFIX_PATH) selects an upstream LibTorch, e.g. one with CUDA, over the system's.
if(DEFINED ENV{LIBTORCH} AND NOT "$ENV{LIBTORCH}" STREQUAL "")
  list(PREPEND CMAKE_PREFIX_PATH "$ENV{LIBTORCH}")
endif()
find_package(Torch REQUIRED)

# Torch's headers are not ours to keep free of warnings, and its global flags must not leak into the window.
add_library(ddpm_torch INTERFACE)
target_link_libraries(ddpm_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(ddpm_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(DDPM_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(ddpm_torch INTERFACE ${DDPM_TORCH_FLAGS})
# at::parallel_for is a template of LibTorch's headers: without the compiler's OpenMP it runs everything on one thread. The
# thread sanitizer does not see OpenMP's barriers and would call every loop a race.
if(NOT DDPM_SANITIZE STREQUAL "thread")
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_link_libraries(ddpm_torch INTERFACE OpenMP::OpenMP_CXX)
endif()
# An upstream LibTorch brings headers of its own fmt, which then come before the system's: they must not be mixed with
# the system's library.
foreach(directory IN LISTS TORCH_INCLUDE_DIRS)
  if(EXISTS "${directory}/fmt/format.h" AND NOT directory STREQUAL "/usr/include")
    target_compile_definitions(ddpm_torch INTERFACE FMT_HEADER_ONLY)
  endif()
endforeach()

# A LibTorch with CUDA has brought the CUDA compiler with it: our kernels for a GPU are built then.
if(TARGET torch_cuda AND CMAKE_CUDA_COMPILER)
  set(DDPM_CUDA ON)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Shared) # the one that LibTorch has loaded already
else()
  set(DDPM_CUDA OFF)
endif()
set(DDPM_CUDA_ARCHITECTURES "75;80;90" CACHE STRING "GPUs that our kernels are compiled for; newer ones compile them at start")
function(ddpm_cuda_library name)
  # CMake before 3.26 does not know that nvcc knows C++20.
  set_target_properties(${name} PROPERTIES CUDA_STANDARD 17 CUDA_ARCHITECTURES "${DDPM_CUDA_ARCHITECTURES}")
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/engine")
endfunction()

# highgui is left out on purpose: Debian's links Qt 5.
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs videoio)
add_library(ddpm_opencv INTERFACE)
target_link_libraries(ddpm_opencv INTERFACE opencv_core opencv_imgproc opencv_imgcodecs)

find_package(nlohmann_json 3.10 REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GIF 5.2 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(Threads REQUIRED)

if(DDPM_BUILD_UI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets Svg PrintSupport)
  find_package(QCustomPlotQt6 REQUIRED)
endif()
if(DDPM_BUILD_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Test)
endif()
