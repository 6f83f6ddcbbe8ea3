# SPDX-License-Identifier: Apache-2.0
# How everything here is compiled. Rooms, plugins and tests link patchbay::compiling (PRIVATE).
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(patchbay_compiling INTERFACE)
add_library(patchbay::compiling ALIAS patchbay_compiling)
target_include_directories(patchbay_compiling INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(patchbay_compiling INTERFACE _GNU_SOURCE)
target_compile_options(patchbay_compiling INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wold-style-cast -Wcast-align -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual
  # in tests g++ 12 sees null pointers in its own stream buffers
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:PATCHBAY_TEST>>>:-Wnull-dereference> -Wextra-semi -Wundef
  -Wno-missing-field-initializers  # designated initialisers leave defaults alone
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wuseless-cast>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-zero-length-array>  # the kernel's headers are full of them
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

# g++ 12 warns of std::string's own copies once they are inlined (GCC bugs 105329, 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(patchbay_compiling INTERFACE -Wno-restrict -Wno-stringop-overread -Wno-stringop-overflow)
endif()

if(PATCHBAY_WERROR)
  target_compile_options(patchbay_compiling INTERFACE -Werror)
endif()
if(PATCHBAY_SANITIZE)
  target_compile_options(patchbay_compiling INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(patchbay_compiling INTERFACE -fsanitize=address,undefined)
  # g++ 12 warns of its own instrumentation
  target_compile_options(patchbay_compiling INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference -Wno-maybe-uninitialized>)
endif()
if(PATCHBAY_FUZZ)
  target_compile_options(patchbay_compiling INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(PATCHBAY_HARDEN)
  include(CheckCXXCompilerFlag)
  target_compile_options(patchbay_compiling INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -ffunction-sections -fdata-sections)
  # What is not everywhere: probes of every page that the stack grows by, and marks where an indirect
  # branch may lead to, as the architecture has them.
  foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "PATCHBAY_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(patchbay_compiling INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(patchbay_compiling INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:PATCHBAY_STATIC>>,-static-pie,-pie>
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,text -Wl,--gc-sections -Wl,--as-needed)
endif()
if(PATCHBAY_STATIC_RUNTIME)
  # Wholly static where a target says so. The linker would then warn of name look-ups in libnl that we
  # never call.
  target_link_options(patchbay_compiling INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:PATCHBAY_STATIC>>,-static-pie;-Wl$<COMMA>--no-warnings,-static-libstdc++;-static-libgcc>)
endif()
