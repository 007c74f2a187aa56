# ddpm_add_test(NAME name SOURCES a.cpp... LIBRARIES targets... [TORCH] [LABELS ...] [TIMEOUT seconds] [KERNELS wish...] [TILES wish...])
# One Qt Test executable = one test class = one ctest entry, and one more for each wish of DDPM_KERNELS or DDPM_TILES. TORCH takes the
# precompiled torch header of tests/. TILES claimed: with tests/support/emulated_unit.cpp standing in for the matrix unit.
# Tests spend their time in what they call; compiling them at full optimisation would cost more than it saves.
set(DDPM_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)

# The first source declares the test class and includes its .moc at its end. moc knows Qt's words without reading any
# header; AUTOMOC would lead it through all of torch's, and compile an empty file for each test.
function(ddpm_moc target source)
  get_filename_component(source "${source}" ABSOLUTE)
  get_filename_component(subject "${source}" NAME_WE)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}_moc/${subject}.moc")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/${target}_moc"
    COMMAND Qt6::moc "${source}" -o "${output}"
    DEPENDS "${source}" Qt6::moc COMMENT "moc ${subject}" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/${target}_moc")
endfunction()

function(ddpm_add_test)
  cmake_parse_arguments(arg "TORCH" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS;KERNELS;TILES" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  ddpm_moc(${arg_NAME} ${arg_SOURCES})
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
  set(names ${arg_NAME})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  foreach(kind IN ITEMS KERNELS TILES)
    foreach(wish IN LISTS arg_${kind})
      set(environment DDPM_${kind}=${wish})
      set(options "")
      if(wish STREQUAL "claimed")
        if(NOT TARGET ddpm_emulated_unit)
          continue()
        endif()
        list(APPEND environment LD_PRELOAD=$<TARGET_FILE:ddpm_emulated_unit>)
        set(options -nocrashhandler) # Qt Test would answer the processor's refusals first
      endif()
      add_test(NAME ${arg_NAME}_${wish} COMMAND ${CMAKE_COMMAND} -E env ${environment} $<TARGET_FILE:${arg_NAME}> ${options})
      list(APPEND names ${arg_NAME}_${wish})
    endforeach()
  endforeach()
  set_tests_properties(${names} PROPERTIES
    TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
    # Two tests run side by side; workers that spin while they wait would take the time from each other.
    ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;OMP_WAIT_POLICY=PASSIVE")
endfunction()
