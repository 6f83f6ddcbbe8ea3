# SPDX-License-Identifier: Apache-2.0

# A room of the house: one static library per folder under common/, target patchbay::<name>.
#   patchbay_room(netlink USES wire net FOREIGN foreign_nl_route)
# USES: rooms below it (docs/architecture.md); FOREIGN: libraries seen in its .cpp files only; WITHOUT:
# sources that are linked, or not, by who makes an executable.
function(patchbay_room name)
  cmake_parse_arguments(ARG "" "" "USES;FOREIGN;WITHOUT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(TRANSFORM ARG_WITHOUT PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/${name}/")
  if(ARG_WITHOUT)
    list(REMOVE_ITEM sources ${ARG_WITHOUT})
  endif()
  add_library(patchbay_${name} STATIC ${sources})
  add_library(patchbay::${name} ALIAS patchbay_${name})
  list(TRANSFORM ARG_USES PREPEND patchbay::)
  target_link_libraries(patchbay_${name} PUBLIC ${ARG_USES} PRIVATE patchbay::compiling ${ARG_FOREIGN})
endfunction()

# One plugin: every .cpp of its folder, one executable. With PATCHBAY_STATIC_RUNTIME it is linked
# statically, which spares the loader's work at every call; FIREWALL: it then has a twin in libiptc/,
# linked dynamically, which it becomes on a node that runs on legacy iptables.
function(patchbay_plugin name folder)
  cmake_parse_arguments(ARG "FIREWALL" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  list(TRANSFORM ARG_USES PREPEND patchbay::)
  add_executable(${name} ${sources})
  set_property(GLOBAL APPEND PROPERTY PATCHBAY_PLUGINS ${name})
  install(TARGETS ${name} RUNTIME DESTINATION "${PATCHBAY_PLUGIN_DIR}" COMPONENT plugins)
  if(NOT PATCHBAY_STATIC_RUNTIME)
    target_link_libraries(${name} PRIVATE patchbay::compiling ${ARG_USES} patchbay::libiptc)
    return()
  endif()
  set_target_properties(${name} PROPERTIES PATCHBAY_STATIC ON)
  target_link_libraries(${name} PRIVATE patchbay::compiling ${ARG_USES} patchbay::no_libiptc)
  if(ARG_FIREWALL)
    add_executable(${name}_libiptc ${sources})
    target_link_libraries(${name}_libiptc PRIVATE patchbay::compiling ${ARG_USES} patchbay::libiptc)
    set_target_properties(${name}_libiptc PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/libiptc")
    install(TARGETS ${name}_libiptc RUNTIME DESTINATION "${PATCHBAY_PLUGIN_DIR}/libiptc" COMPONENT plugins)
    add_dependencies(${name} ${name}_libiptc)
  endif()
endfunction()
