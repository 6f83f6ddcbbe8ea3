#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells everyone who connects to port 7 the address that they come from."""
import socket
import socketserver


class Witness(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(self.client_address[0].removeprefix("::ffff:").encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # which takes both
    allow_reuse_address = True


Server(("::", 7), Witness).serve_forever()
