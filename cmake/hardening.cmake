# What every target of the project is compiled with: warnings, language rules, hardening, sanitizers.
# postern_options is for all; postern_shipped adds what only the installed programs obey.
add_library(postern_options INTERFACE)
target_compile_features(postern_options INTERFACE cxx_std_23)
target_include_directories(postern_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(postern_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wformat=2
  -Wswitch-enum -Wimplicit-fallthrough -Wundef -Werror
  -fstack-protector-strong -fstack-clash-protection
  -ftrivial-auto-var-init=zero -fno-strict-aliasing -fvisibility=hidden
  -ffunction-sections -fdata-sections)
# clang also tells of what libstdc++ does inside of std::ranges::stable_sort.
target_compile_options(postern_options INTERFACE
  $<$<CXX_COMPILER_ID:Clang>:-Wno-error=deprecated-declarations>)
# -fPIC or -fPIE is CMAKE_POSITION_INDEPENDENT_CODE's choice: the static libraries also go into
# libwrap.so.0.
target_link_options(postern_options INTERFACE
  $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>
  -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--gc-sections)

# Returns and indirect calls land only where the compiler meant them to.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
  target_compile_options(postern_options INTERFACE -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(postern_options INTERFACE -mbranch-protection=standard)
endif()

# Assertions stay on in every build, libstdc++'s bounds checks included: a process that has lost
# track of its own state must stop, not go on.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")
target_compile_definitions(postern_options INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(postern_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined")
if(POSTERN_SANITIZE)
  # A report needs lines; the rest of what a debugger knows takes a quarter of the build's time.
  set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
  # vptr checks need RTTI, which shipped code is built without.
  target_compile_options(postern_options INTERFACE
    -fsanitize=${POSTERN_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(postern_options INTERFACE -fsanitize=${POSTERN_SANITIZE} -fno-sanitize=vptr)
endif()

# Shipped code has neither exceptions nor RTTI, so nothing can be thrown across a privilege boundary.
# Tests link the shipped libraries but keep both: Catch2 throws when a REQUIRE fails. So does the
# postern command (POSTERN_TOOL), whose libraries for arguments and JSON throw.
add_library(postern_shipped INTERFACE)
target_link_libraries(postern_shipped INTERFACE postern_options)
target_compile_options(postern_shipped INTERFACE
  $<$<NOT:$<OR:$<BOOL:$<TARGET_PROPERTY:POSTERN_TEST>>,$<BOOL:$<TARGET_PROPERTY:POSTERN_TOOL>>>>:-fno-exceptions>
  $<$<NOT:$<OR:$<BOOL:$<TARGET_PROPERTY:POSTERN_TEST>>,$<BOOL:$<TARGET_PROPERTY:POSTERN_TOOL>>>>:-fno-rtti>)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # With the few parts of libstdc++ that are used linked in, an idle daemon needs a third less
  # memory, and a service launch maps two libraries fewer.
  target_link_options(postern_shipped INTERFACE -static-libstdc++ -static-libgcc)
endif()
