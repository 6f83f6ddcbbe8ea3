# SPDX-License-Identifier: Apache-2.0
# What only the Debian package has: diversions of the reference's plugins, copyright, changelog.
get_property(plugins GLOBAL PROPERTY PATCHBAY_PLUGINS)
list(JOIN plugins " " PLUGIN_NAMES)
# Of the newest manual page: packages of the same sources are the same.
string(REGEX REPLACE "^([A-Z][a-z][a-z])[a-z]* ([0-9]+), ([0-9]+)$" "\\2 \\1 \\3" day "${date}")
set(RELEASE_DATE "Sun, ${day} 12:00:00 +0000")

set(debian "${PROJECT_BINARY_DIR}/debian")
foreach(script preinst postrm)
  configure_file("packaging/debian/${script}.in" "${debian}/${script}" @ONLY
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()
configure_file("packaging/debian/changelog.in" "${debian}/changelog" @ONLY)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${debian}/preinst;${debian}/postrm")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/debian/arrange.cmake")
set(CPACK_PATCHBAY_DEBIAN "${PROJECT_SOURCE_DIR}/packaging/debian;${debian}")
set(CPACK_PATCHBAY_PLUGIN_DIR "${PATCHBAY_PLUGIN_DIR}")
set(CPACK_PATCHBAY_NETWORKMANAGER_DIR "${PATCHBAY_NETWORKMANAGER_DIR}")
