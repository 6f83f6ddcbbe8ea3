# SPDX-License-Identifier: Apache-2.0
# What is installed beside the executables, and what releases are made of. Components of an installation:
#   plugins   for PATCHBAY_PLUGIN_DIR (Rooms.cmake)
#   tool      patchbay, its manual page and its completion (tools/CMakeLists.txt)
#   node      files that keep udev, systemd-networkd and NetworkManager off our links
#   doc       manual pages of the plugins, documentation, examples, licence
# One alone: cmake --install build/release --component plugins
install(FILES "${PROJECT_SOURCE_DIR}/packaging/completion.bash" COMPONENT tool
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME patchbay)
install(PROGRAMS "${PROJECT_SOURCE_DIR}/scripts/install-node" COMPONENT tool
  DESTINATION "${CMAKE_INSTALL_DATADIR}/patchbay")

# --- node: names as common/attach and plugins/meta/bandwidth make them ----------------------------------
# systemd takes no pattern that is longer than a name, hence "?" for every digit.
string(REPEAT "?" 11 digits)
set(VETH "veth${digits}")
set(IFB "bwp?${digits}")
# NetworkManager reads this directory of packages and its own in /etc, wherever it is that we go.
set(network_manager "/etc/NetworkManager/conf.d")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(network_manager "/usr/lib/NetworkManager/conf.d")
endif()
set(PATCHBAY_NETWORKMANAGER_DIR "${network_manager}" CACHE PATH "Where NetworkManager reads configuration")
foreach(file 05-patchbay.link 05-patchbay.network patchbay.conf)
  configure_file("packaging/node/${file}" "node/${file}" @ONLY)
endforeach()
install(FILES "${PROJECT_BINARY_DIR}/node/05-patchbay.link" "${PROJECT_BINARY_DIR}/node/05-patchbay.network"
  DESTINATION "lib/systemd/network" COMPONENT node)
install(FILES "${PROJECT_BINARY_DIR}/node/patchbay.conf"
  DESTINATION "${PATCHBAY_NETWORKMANAGER_DIR}" COMPONENT node)

# --- doc: a manual page of every page in docs/plugins -----------------------------------------------------
find_package(Python3 COMPONENTS Interpreter)
file(STRINGS "docs/man/patchbay.1" date REGEX "^\\.Dd ")
string(REPLACE ".Dd " "" date "${date}")
file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/plugins/*.md")
foreach(page ${pages})
  get_filename_component(name ${page} NAME_WE)
  set(manual "${PROJECT_BINARY_DIR}/man/patchbay-${name}.8")
  if(Python3_FOUND)
    add_custom_command(OUTPUT "${manual}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${PROJECT_BINARY_DIR}/man"
      COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/packaging/man_page.py" "${page}" "${PROJECT_VERSION}" "${date}" > "${manual}"
      DEPENDS "${page}" "${PROJECT_SOURCE_DIR}/packaging/man_page.py" "${PROJECT_SOURCE_DIR}/docs/man/patchbay.1"
      VERBATIM)
    list(APPEND manuals "${manual}")
  endif()
endforeach()
if(Python3_FOUND)
  file(WRITE "${PROJECT_BINARY_DIR}/man/patchbay-ptp.8" ".so man8/patchbay-veth.8\n")
  add_custom_target(manuals ALL DEPENDS ${manuals})
  install(FILES ${manuals} "${PROJECT_BINARY_DIR}/man/patchbay-ptp.8"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man8" COMPONENT doc)
else()
  message(STATUS "No Python 3: no manual pages of the plugins, which docs/plugins has as well")
endif()
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT doc)
install(DIRECTORY docs conf-examples DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT doc
  PATTERN "man" EXCLUDE PATTERN "performance" EXCLUDE)

# --- the Debian package -------------------------------------------------------------------------------------
set(PATCHBAY_MAINTAINER "patchbay maintainers <maintainers@patchbay.invalid>" CACHE STRING "Of the Debian package")
set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_MONOLITHIC_INSTALL ON)
set(CPACK_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGE_NAME patchbay)
set(CPACK_PACKAGE_CONTACT "${PATCHBAY_MAINTAINER}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libip4tc2, libip6tc2")  # loaded where a node runs on legacy iptables
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "containernetworking-plugins")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "CNI plugins by netlink and netfilter")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
Plugins of the Container Network Interface for container runtimes and
Kubernetes nodes, under the names of the reference suite and in its place:
bridge, ptp, host-local, portmap and others. They run no helper programs,
leave nothing behind, and say what is wrong.
.
The plugins go where Debian's runtimes look for them, /usr/lib/cni. Those of
containernetworking-plugins under the same names are diverted to *.distrib
while this package is installed; all others remain as they are.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include("packaging/debian/package.cmake")
include(CPack)
