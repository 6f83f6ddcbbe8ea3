#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check-layering finds what it is there to find.

setup() {
  root=$BATS_TEST_TMPDIR
  mkdir -p "$root"/docs "$root"/common/{base,os/detail,wire} "$root"/plugins/main/{bridge,veth} "$root"/tools/patchbay
  cat >"$root/docs/architecture.md" <<'TABLE'
## What may use what
| room | may use | foreign |
|---|---|---|
| `common/base` | - | libmd |
| `common/os` | base | - |
| `common/wire` | base, os | libnl-3 |
| `plugins/*` | anything in `common`; never another plugin | - |
| `tools/patchbay` | anything in `common` | nlohmann/json |
TABLE
  touch "$root"/common/base/error.hpp "$root"/common/os/{file.hpp,detail/pipe.hpp} "$root"/common/wire/message.hpp \
    "$root"/plugins/main/veth/config.hpp
}

# file INCLUDE: `file` consists of a comment and this include
write() { printf '// comment\n#include %s\n' "$2" >"$root/$1"; }

check() { "$BATS_TEST_DIRNAME/../../scripts/check-layering" "$root"; }

allowed() {
  write "$1" "$2"
  run check
  [ "$output" = "" ]
  [ "$status" -eq 0 ]
}

forbidden() {
  write "$1" "$2"
  run check
  [ "$status" -eq 1 ]
  [[ "$output" == "$1:2: "* ]]
  [ "${#lines[@]}" -eq 1 ]
}

@test "a room below may be used" { allowed common/wire/socket.cpp '"common/os/file.hpp"'; }
@test "so may one's own room, and its inside" { allowed common/os/spawn.cpp '"common/os/detail/pipe.hpp"'; }
@test "a plugin may use any room" { allowed plugins/main/bridge/bridge.cpp '"common/wire/message.hpp"'; }
@test "so may the tool" { allowed tools/patchbay/main.cpp '"common/wire/message.hpp"'; }
@test "the system's headers are everybody's" { allowed common/os/file.cpp '<linux/fs.h>'; }
@test "a foreign header in the room that owns it" { allowed common/wire/socket.cpp '<netlink/msg.h>'; }
@test "a foreign header in detail/" { mkdir "$root/common/wire/detail" && allowed common/wire/detail/nl.hpp "<netlink/msg.h>"; }
@test "foreign declarations in a header" { allowed tools/patchbay/conflist.hpp '<nlohmann/json_fwd.hpp>'; }

@test "no room above" { forbidden common/os/file.cpp '"common/wire/message.hpp"'; }
@test "no room that the table does not name" { forbidden common/base/error.cpp '"common/os/file.hpp"'; }
@test "no other plugin" { forbidden plugins/main/bridge/bridge.cpp '"plugins/main/veth/config.hpp"'; }
@test "no plugin from the library" { forbidden common/wire/socket.cpp '"plugins/main/veth/config.hpp"'; }
@test "not the inside of another room" { forbidden common/wire/socket.cpp '"common/os/detail/pipe.hpp"'; }
@test "no foreign header of another room" { forbidden common/os/file.cpp '<netlink/msg.h>'; }
@test "a part of a library is not the whole" { forbidden common/wire/socket.cpp '<netlink/route/link.h>'; }
@test "no foreign header in a public header" { forbidden common/wire/socket.hpp '<netlink/msg.h>'; }
@test "no unknown library" { forbidden common/os/file.cpp '<boost/regex.hpp>'; }
@test "no relative path" { forbidden common/os/file.cpp '"detail/pipe.hpp"'; }

@test "every room is in the table" {
  mkdir "$root/common/attic"
  forbidden_room=common/attic/old.hpp
  echo >"$root/$forbidden_room"
  run check
  [ "$status" -eq 1 ]
  [[ "$output" == "$forbidden_room:1: "* ]]
}
