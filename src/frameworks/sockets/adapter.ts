/** Sockets: Socket.IO namespaces and servers of ws, each event or message an entry point. */
import type { Adapter } from "../routing.js";
import { socketIoEntries } from "./socket-io.js";
import { webSocketEntries } from "./web-sockets.js";

export const socketsAdapter: Adapter = {
  name: "sockets",
  packages: ["socket.io", "ws"],
  collect: (input) => ({ entries: [...socketIoEntries(input), ...webSocketEntries(input)], faults: [], unknowns: [] }),
};
