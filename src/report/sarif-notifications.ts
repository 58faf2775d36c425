/** What could not be read, decided or configured, as SARIF notifications with descriptors. */
import type { Invocation, Notification, ReportingDescriptor } from "sarif";
import { byText } from "../base/path.js";
import type { Notice } from "../model/finding.js";
import { escaped } from "./sarif-message.js";
import { bareLocation, type UriStyle } from "./sarif-places.js";
import { HOME, pascalCase, sentence } from "./tool.js";

/** More notifications than this are counted, not listed. */
const MOST_NOTIFICATIONS = 1000;

const ABOUT: Readonly<Record<string, string>> = {
  "file-not-read": "A file could not be read and was left out.",
  "file-not-parsed": "A file has syntax errors; what could be parsed was analysed.",
  "file-not-lowered": "A file could not be analysed completely.",
  "dynamic-registration": "Routes are registered in a way that cannot be followed in source.",
  "unresolved-guard": "It could not be decided what a step that runs before a handler does.",
  "unresolved-filter": "The filter of a query could not be followed to where it is made.",
  "unparsed-sql": "A piece of SQL could not be parsed.",
  "internal-error": "A piece of the analysis failed by a mistake of authgap's own; the rest was finished.",
  "bound-reached": "An analysis reached its bound and stopped there.",
  "unused-ignore": "An ignore comment silences nothing.",
  "void-ignore": "An ignore comment gives no rule or no reason and has no effect.",
  "results-cut": "There are more results than a log may hold; the least severe are left out.",
  "results-hidden": "There are more results than code scanning shows.",
  "notifications-cut": "There are more notifications than a log may hold.",
};

const LEVELS = { unknown: "note", problem: "warning", configuration: "warning" } as const;

/** The notices that go into the log, the last one saying how many do not. */
export function listedNotices(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length <= MOST_NOTIFICATIONS) return notices;
  const rest = notices.length - MOST_NOTIFICATIONS;
  const message = `${rest} further notifications are left out of this log.`;
  return [
    ...notices.slice(0, MOST_NOTIFICATIONS),
    { kind: "problem", id: "notifications-cut", message, remedy: "", at: null },
  ];
}

/** `tool.driver.notifications`: one descriptor for each kind of notice that occurs, in a fixed order. */
export function notificationDescriptors(notices: readonly Notice[]): ReportingDescriptor[] {
  const kinds = new Map(notices.map((notice) => [notice.id, notice.kind]));
  return [...kinds]
    .sort(([a], [b]) => byText(a, b))
    .map(([id, kind]) => {
      const text = ABOUT[id] ?? sentence(`About ${id.replace(/-/g, " ")}`);
      return {
        id,
        name: pascalCase(id.replace(/-/g, " ")),
        shortDescription: { text },
        fullDescription: { text },
        help: { text: `${text} Documentation: ${HOME}`, markdown: `${text} [Documentation](${HOME})` },
        helpUri: HOME,
        messageStrings: { default: { text: "'{0}'." } },
        defaultConfiguration: { level: LEVELS[kind] },
      };
    });
}

/** The one invocation. Findings do not make it unsuccessful. */
export function invocation(
  notices: readonly Notice[],
  descriptors: readonly ReportingDescriptor[],
  style: UriStyle,
): Invocation {
  const toNotification = (notice: Notice): Notification => {
    const said = sentence(notice.message);
    const text = notice.remedy === "" ? said : `${said} ${sentence(notice.remedy)}`;
    const index = descriptors.findIndex((descriptor) => descriptor.id === notice.id);
    const plain: Notification = {
      descriptor: { id: notice.id, index },
      level: LEVELS[notice.kind],
      message: { text: escaped(text), id: "default", arguments: [said.replace(/[.!?]$/, "")] },
    };
    return notice.at === null ? plain : { ...plain, locations: [{ physicalLocation: bareLocation(notice.at, style) }] };
  };
  return {
    executionSuccessful: true,
    toolExecutionNotifications: notices.filter((notice) => notice.kind !== "configuration").map(toNotification),
    toolConfigurationNotifications: notices.filter((notice) => notice.kind === "configuration").map(toNotification),
  };
}
