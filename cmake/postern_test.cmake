# postern_unit_test(NAME SOURCE… [LIBRARIES lib…]): one Catch2 program, registered as one CTest test
# with the label "unit". `unit_tests` builds all of them and the fuzz replays, for the sanitizer run
# of ./dev test.
find_package(Catch2 2 REQUIRED)

add_library(postern_catch_main STATIC ${PROJECT_SOURCE_DIR}/tests/testlib/catch_main.cc)
target_link_libraries(postern_catch_main PUBLIC postern_options Catch2::Catch2)

add_custom_target(unit_tests)

function(postern_unit_test name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests
    POSTERN_TEST ON)
  target_link_libraries(${name} PRIVATE postern_catch_main ${ARG_LIBRARIES})
  add_dependencies(unit_tests ${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
