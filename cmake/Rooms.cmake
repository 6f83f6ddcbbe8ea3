# SPDX-License-Identifier: Apache-2.0

# A room of the house: one static library per folder under common/, target patchbay::<name>.
#   patchbay_room(netlink USES wire net FOREIGN foreign_nl_route)
# USES: rooms below it (docs/architecture.md); FOREIGN: libraries seen in its .cpp files only.
function(patchbay_room name)
  cmake_parse_arguments(ARG "" "" "USES;FOREIGN" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  add_library(patchbay_${name} STATIC ${sources})
  add_library(patchbay::${name} ALIAS patchbay_${name})
  list(TRANSFORM ARG_USES PREPEND patchbay::)
  target_link_libraries(patchbay_${name} PUBLIC ${ARG_USES} PRIVATE patchbay::compiling ${ARG_FOREIGN})
endfunction()

# One plugin: every .cpp of its folder, one executable.
function(patchbay_plugin name folder)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  add_executable(${name} ${sources})
  list(TRANSFORM ARG_USES PREPEND patchbay::)
  target_link_libraries(${name} PRIVATE patchbay::compiling ${ARG_USES})
  set_property(GLOBAL APPEND PROPERTY PATCHBAY_PLUGINS ${name})
  install(TARGETS ${name} RUNTIME DESTINATION "${PATCHBAY_PLUGIN_DIR}")
endfunction()
