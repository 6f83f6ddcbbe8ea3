# SPDX-License-Identifier: Apache-2.0
# The suite's build ID: a SHA-256 over the version and every source of common/ and plugins/, made at
# build time, so that executables have the same one exactly when they were built from the same
# sources. common/contract/build_id.cpp puts it into an ELF note.
#
# Included by common/CMakeLists.txt; called as a script (cmake -P) by the command defined here.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE sources RELATIVE "${SOURCE}"
    "${SOURCE}/common/*.cpp" "${SOURCE}/common/*.hpp" "${SOURCE}/plugins/*.cpp" "${SOURCE}/plugins/*.hpp")
  list(SORT sources)
  set(summary "patchbay ${VERSION}\n")
  foreach(source IN LISTS sources)
    file(SHA256 "${SOURCE}/${source}" digest)
    string(APPEND summary "${digest} ${source}\n")
  endforeach()
  string(SHA256 id "${summary}")
  string(REGEX REPLACE "(..)" "0x\\1, " bytes "${id}")
  file(WRITE "${OUTPUT}" "#define PATCHBAY_BUILD_ID ${bytes}\n")
  return()
endif()

file(GLOB_RECURSE build_id_sources CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/common/*.cpp" "${PROJECT_SOURCE_DIR}/common/*.hpp"
  "${PROJECT_SOURCE_DIR}/plugins/*.cpp" "${PROJECT_SOURCE_DIR}/plugins/*.hpp")
string(SHA256 build_id_names "${build_id_sources}")  # a file that goes away makes the command another one
set(build_id_header "${PROJECT_BINARY_DIR}/generated/patchbay_build_id.hpp")
add_custom_command(
  OUTPUT "${build_id_header}"
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DVERSION=${PROJECT_VERSION}"
    "-DOUTPUT=${build_id_header}" "-DNAMES=${build_id_names}" -P "${CMAKE_CURRENT_LIST_FILE}"
  DEPENDS ${build_id_sources} "${CMAKE_CURRENT_LIST_FILE}"
  COMMENT "Suite build ID"
  VERBATIM)
target_sources(patchbay_contract PRIVATE "${build_id_header}")
target_include_directories(patchbay_contract PRIVATE "${PROJECT_BINARY_DIR}/generated")
target_compile_definitions(patchbay_contract PUBLIC PATCHBAY_VERSION="${PROJECT_VERSION}")
