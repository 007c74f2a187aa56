# ddpm_add_test(NAME name SOURCES a.cpp... LIBRARIES targets... [TORCH] [LABELS ...] [TIMEOUT seconds])
# One Qt Test executable = one test class = one ctest entry. TORCH takes the precompiled torch header of tests/.
# Tests spend their time in what they call; compiling them at full optimisation would cost more than it saves.
set(DDPM_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)
function(ddpm_add_test)
  cmake_parse_arguments(arg "TORCH" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  set_target_properties(${arg_NAME} PROPERTIES AUTOMOC ON)
  target_compile_definitions(${arg_NAME} PRIVATE
    QT_NO_KEYWORDS
    DDPM_TEST_DATA="${PROJECT_SOURCE_DIR}/tests"
    DDPM_RESOURCES="${PROJECT_SOURCE_DIR}/resources"
    DDPM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} Qt6::Test ddpm_warnings)
  target_compile_options(${arg_NAME} PRIVATE ${DDPM_TEST_OPTIONS})
  target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(arg_TORCH)
    target_link_libraries(${arg_NAME} PRIVATE ddpm_torch)
    target_precompile_headers(${arg_NAME} REUSE_FROM ddpm_test_pch)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES
    TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
    # Two tests run side by side; workers that spin while they wait would take the time from each other.
    ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;OMP_WAIT_POLICY=PASSIVE")
endfunction()
