/**
 * Decision engines: which call decides, where in what it gives the verdict stands, and how the verdict says yes.
 * Facts from the packages' shipped types and documentation, as data: an engine is a few rows, never code of its own.
 */

/** How a verdict is spelt. */
export type VerdictForm =
  /** truthy allows */
  | "flag"
  /** truthy allows, and it is missing when nothing was said about what was asked */
  | "flag-or-missing"
  /** truthy denies: `cannot` */
  | "denial"
  /** comes back only when allowed */
  | "throws"
  /** one of several words or numbers allows */
  | "word"
  /** text or a plan that has to be carried out before it says anything */
  | "plan";

export interface EngineCall {
  readonly engine: string;
  readonly module: RegExp;
  /** of what is called */
  readonly path: RegExp;
  /** what its first argument must be: the path of a package value, or text in it */
  readonly given?: RegExp;
  readonly async: boolean;
  readonly form: VerdictForm;
  /** path of the verdict in what the call gives, elements as `[]`; '' for the value itself */
  readonly at: RegExp;
  /** the same for readers: `.allowed` */
  readonly written: string;
  /** words and numbers that allow, and those that deny */
  readonly allows?: readonly (string | number)[];
  readonly denies?: readonly (string | number)[];
  /** names of enumeration members that allow */
  readonly allowName?: RegExp;
  /** for a plan that is text of a query: path of the verdict in what the database answers to it */
  readonly carriedOut?: RegExp;
}

const ITSELF = /^$/;
const EACH = /^\[\]$/;

const flag = (engine: string, module: RegExp, path: RegExp, async: boolean): EngineCall => ({
  engine,
  module,
  path,
  async,
  form: "flag",
  at: ITSELF,
  written: "",
});

const member = (engine: string, module: RegExp, path: RegExp, at: RegExp, written: string): EngineCall => ({
  engine,
  module,
  path,
  async: true,
  form: "flag",
  at,
  written,
});

const throwing = (engine: string, module: RegExp, path: RegExp, async: boolean): EngineCall => ({
  ...flag(engine, module, path, async),
  form: "throws",
});

/** A list of what is allowed: it is asked for what is wanted. */
const listing = (engine: string, module: RegExp, path: RegExp, at: string): EngineCall =>
  member(
    engine,
    module,
    path,
    new RegExp(`^${at === "" ? "" : `${at}\\.`}includes\\(\\)$`),
    `${at === "" ? "" : `.${at}`}.includes(…)`,
  );

const OPA_URL = /\/v1\/data\//;
const OPA_OLD_URL = /\/v0\/data\//;
const CEDAR_WASM = /^@cedar-policy\/cedar-wasm/;
const VERIFIED_PERMISSIONS = /^@aws-sdk\/client-verifiedpermissions$/;
const AUTHORIZED_COMMAND = /^(?:Batch)?IsAuthorized(?:WithToken)?Command\(\)$/;
const CASBIN = /^casbin(?:-core|\.js)?$/;
const CERBOS = /^@cerbos\/(?:grpc|http|embedded|embedded-client|core)$/;
const AUTHZED = /^@authzed\/authzed-node/;
const CASL = /^@casl\//;
const ORY = /^@ory\/(?:keto-client|client|client-fetch|keto-grpc-client)$/;

const OPA: readonly EngineCall[] = [
  {
    ...member("Open Policy Agent", /^$/, /^fetch$/, /^json\(\)\.result(?:\.\w+)?$/, ".result"),
    form: "flag-or-missing",
    given: OPA_URL,
  },
  {
    ...member(
      "Open Policy Agent",
      /^(?:axios|got|ky|undici|node-fetch|ofetch)$/,
      /^(?:|post|get|request|fetch|\$fetch|ofetch|create\(\)\.post)$/,
      /^(?:data|json\(\)|body\.json\(\)|body)?\.?result(?:\.\w+)?$/,
      ".result",
    ),
    form: "flag-or-missing",
    given: OPA_URL,
  },
  // the older interface answers with the decision itself
  {
    ...member("Open Policy Agent", /^$/, /^fetch$/, /^json\(\)(?:\.\w+)?$/, ".json()"),
    form: "flag-or-missing",
    given: OPA_OLD_URL,
  },
  {
    ...member("Open Policy Agent", /^axios$/, /^(?:|post|request|create\(\)\.post)$/, /^data(?:\.\w+)?$/, ".data"),
    form: "flag-or-missing",
    given: OPA_OLD_URL,
  },
  {
    ...member(
      "Open Policy Agent",
      /^(?:@open-policy-agent|@styra)\/opa$/,
      /\.evaluateBatch$/,
      /^(?:\w+|\[\])(?:\.result)?$/,
      " of each",
    ),
    form: "flag-or-missing",
  },
  {
    ...member("Open Policy Agent", /^(?:@open-policy-agent|@styra)\/opa$/, /\.getFilters$/, /^$/, ".query"),
    form: "plan",
  },
  {
    ...member(
      "Open Policy Agent",
      /^(?:@open-policy-agent|@styra)\/opa$/,
      /\.(?:evaluate|evaluateDefault)$/,
      /^\w*$/,
      "",
    ),
    form: "flag-or-missing",
  },
  {
    ...member(
      "Open Policy Agent",
      /^@open-policy-agent\/opa-wasm$/,
      /\.evaluate$/,
      /^\[\]\.result(?:\.\w+)?$/,
      "[0].result",
    ),
    async: false,
    form: "flag-or-missing",
  },
];

const CEDAR: readonly EngineCall[] = [
  {
    ...member("Cedar", CEDAR_WASM, /(?:^|\.)(?:statefulI|i)sAuthorized$/, /^response\.decision$/, ".response.decision"),
    async: false,
    form: "word",
    allows: ["allow"],
    denies: ["deny"],
  },
  {
    ...member("Cedar", CEDAR_WASM, /(?:^|\.)isAuthorizedPartial$/, /^response\.decision$/, ".response.decision"),
    async: false,
    form: "word",
    allows: ["allow"],
    denies: ["deny"],
  },
  {
    ...member("Verified Permissions", VERIFIED_PERMISSIONS, /\.send$/, /^(?:results\.\[\]\.)?decision$/, ".decision"),
    given: AUTHORIZED_COMMAND,
    form: "word",
    allows: ["ALLOW"],
    denies: ["DENY"],
    allowName: /\bALLOW$/,
  },
  {
    ...member(
      "Verified Permissions",
      VERIFIED_PERMISSIONS,
      /\.(?:isAuthorized|batchIsAuthorized)(?:WithToken)?$/,
      /^(?:results\.\[\]\.)?decision$/,
      ".decision",
    ),
    form: "word",
    allows: ["ALLOW"],
    denies: ["DENY"],
    allowName: /\bALLOW$/,
  },
];

const RELATIONS: readonly EngineCall[] = [
  {
    ...member("SpiceDB", AUTHZED, /\.checkPermission$/, /^permissionship$/, ".permissionship === HAS_PERMISSION"),
    form: "word",
    allows: [2],
    denies: [0, 1, 3],
    allowName: /\bHAS_PERMISSION$/,
  },
  {
    ...member("SpiceDB", AUTHZED, /\.checkBulkPermissions$/, /permissionship$/, ".item.permissionship"),
    form: "word",
    allows: [2],
    denies: [0, 1, 3],
    allowName: /\bHAS_PERMISSION$/,
  },
  member("SpiceDB", AUTHZED, /\.lookup(?:Resources|Subjects)$/, /(?:some|includes)\(\)$/, ".some(…)"),
  member("OpenFGA", /^@openfga\/sdk$/, /\.check$/, /^allowed$/, ".allowed"),
  member("OpenFGA", /^@openfga\/sdk$/, /\.(?:clientB|b)atchCheck$/, /(?:^|\.)\[\]\.allowed$/, ".allowed of each"),
  listing("OpenFGA", /^@openfga\/sdk$/, /\.listRelations$/, "relations"),
  listing("OpenFGA", /^@openfga\/sdk$/, /\.listObjects$/, "objects"),
  listing("Permify", /^@permify\/permify-node/, /\.permission\.lookupEntity$/, "entityIds"),
  {
    ...member("Permify", /^@permify\/permify-node/, /\.permission\.check$/, /^can$/, ".can === CHECK_RESULT_ALLOWED"),
    form: "word",
    allows: [1, "CHECK_RESULT_ALLOWED"],
    denies: [0, 2, "CHECK_RESULT_DENIED", "CHECK_RESULT_UNSPECIFIED"],
    allowName: /\bCHECK_RESULT_ALLOWED$/,
  },
  member("Ory Keto", ORY, /\.checkPermission$/, /^(?:data\.)?allowed$/, ".allowed"),
  throwing("Ory Keto", ORY, /\.checkPermissionOrError$/, true),
  member("WorkOS", /^@workos-inc\/node$/, /\.authorization\.check$/, /^authorized$/, ".authorized"),
  member("WorkOS", /^@workos-inc\/node$/, /\.fga\.check$/, /^isAuthorized\(\)$/, ".isAuthorized()"),
  flag("Warrant", /^@warrantdev\//, /\.(?:check|checkMany|hasPermission)$/, true),
];

const POLICIES: readonly EngineCall[] = [
  flag("Casbin", CASBIN, /\.(?:enforce|enforceWithMatcher)$/, true),
  flag("Casbin", CASBIN, /\.enforceSync$/, false),
  member("Casbin", CASBIN, /\.enforceEx$/, EACH, "[0]"),
  { ...member("Casbin", CASBIN, /\.enforceExSync$/, EACH, "[0]"), async: false },
  member("Casbin", CASBIN, /\.batchEnforce$/, /^(?:\[\]|every\(\))$/, " of each"),
  {
    ...flag("Cerbos", CERBOS, /\.checkResources?\(\)\.isAllowed$/, false),
    form: "flag-or-missing",
  },
  {
    ...flag("Cerbos", CERBOS, /\.checkResources\(\)\.findResult\(\)\.isAllowed$/, false),
    form: "flag-or-missing",
  },
  {
    ...flag("Cerbos", CERBOS, /\.checkResources?\(\)(?:\.findResult\(\))?\.allAllowed$/, false),
    form: "flag-or-missing",
  },
  flag("Cerbos", CERBOS, /\.isAllowed$/, true),
  member("Cerbos", CERBOS, /\.checkResources?$/, /^(?!)$/, ".isAllowed(…)"),
  {
    ...member("Cerbos", CERBOS, /\.checkResources\(\)\.findResult$/, /^(?!)$/, ".isAllowed(…)"),
    async: false,
  },
  {
    ...member("Cerbos", CERBOS, /\.planResources$/, /^kind$/, ".kind"),
    form: "plan",
    allows: ["KIND_ALWAYS_ALLOWED"],
    denies: ["KIND_ALWAYS_DENIED"],
    allowName: /\b(?:KIND_)?ALWAYS_ALLOWED$/,
  },
  flag("Permit.io", /^permitio$/, /^Permit\(\)\.check$/, true),
  member("Permit.io", /^permitio$/, /\.bulkCheck$/, EACH, " of each"),
  member(
    "Permit.io",
    /^permitio$/,
    /\.getUserPermissions$/,
    /^(?:\w+|\[\])\.permissions\.includes\(\)$/,
    ".permissions.includes(…)",
  ),
  flag("Oso Cloud", /^oso-cloud$/, /\.authorize$/, true),
  listing("Oso Cloud", /^oso-cloud$/, /\.(?:actions|list)$/, ""),
  {
    ...flag("Oso Cloud", /^oso-cloud$/, /\.authorizeLocal$/, true),
    form: "plan",
    carriedOut: /(?:^|\.)allowed$/,
  },
  { ...flag("Oso Cloud", /^oso-cloud$/, /\.listLocal$/, true), form: "plan" },
  throwing("Oso", /^oso$/, /\.authorize(?:Field|Request)?$/, true),
  flag("Oso", /^oso$/, /\.isAllowed$/, true),
  // its promise is kept for those who have what was asked for, and broken for others
  throwing("Keycloak", /^keycloak-connect$/, /\.checkPermissions$/, true),
  flag("Topaz", /^@aserto\//, /\.Is$/, true),
  throwing("CASL", CASL, /\.throwUnlessCan$/, false),
  { ...flag("CASL", CASL, /\.unlessCan$/, false), form: "denial" },
  flag("CASL", CASL, /^(?!AbilityBuilder\(\)\.can$).*\.can$/, false),
  { ...flag("CASL", CASL, /^(?!AbilityBuilder\(\)\.cannot$).*\.cannot$/, false), form: "denial" },
  {
    ...member(
      "accesscontrol",
      /^(?:accesscontrol|role-acl)$/,
      /\.(?:can\(\)(?:\.\w+\(\))*\.(?:create|read|update|delete|on)(?:Any|Own)?|permission)$/,
      /^granted$/,
      ".granted",
    ),
    async: false,
  },
  member("Kinde", /^@kinde-oss\//, /(?:^|\.)getPermission$/, /^isGranted$/, ".isGranted"),
  member("better-auth", /^better-auth/, /\.api\.(?:userHasPermission|hasPermission)$/, /^success$/, ".success"),
];

export const ENGINE_CALLS: readonly EngineCall[] = [...OPA, ...CEDAR, ...RELATIONS, ...POLICIES];
