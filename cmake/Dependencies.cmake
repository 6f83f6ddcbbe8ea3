# SPDX-License-Identifier: Apache-2.0
# Foreign libraries, each as one target. With PATCHBAY_STATIC_RUNTIME those that Debian ships as
# archives are linked as such; libip4tc and libip6tc are never linked but loaded when the iptables
# backend really runs.
find_package(nlohmann_json 3.11 REQUIRED)

function(patchbay_library target header library)
  cmake_parse_arguments(ARG "" "PATH_SUFFIX" "NEEDS" ${ARGN})
  find_path(${target}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARG_PATH_SUFFIX} REQUIRED)
  if(PATCHBAY_STATIC_RUNTIME)
    find_library(${target}_LIBRARY NAMES lib${library}.a ${library} REQUIRED)
  else()
    find_library(${target}_LIBRARY NAMES ${library} REQUIRED)
  endif()
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE "${${target}_INCLUDE_DIR}")
  target_link_libraries(${target} INTERFACE "${${target}_LIBRARY}" ${ARG_NEEDS})
endfunction()

patchbay_library(foreign_nl netlink/msg.h nl-3 PATH_SUFFIX libnl3)
patchbay_library(foreign_nl_route netlink/route/link.h nl-route-3 PATH_SUFFIX libnl3 NEEDS foreign_nl)
patchbay_library(foreign_md sha512.h md)

find_path(foreign_iptc_INCLUDE_DIR libiptc/libiptc.h REQUIRED)
add_library(foreign_iptc INTERFACE)  # headers only, see above
target_include_directories(foreign_iptc SYSTEM INTERFACE "${foreign_iptc_INCLUDE_DIR}")
target_link_libraries(foreign_iptc INTERFACE ${CMAKE_DL_LIBS})
