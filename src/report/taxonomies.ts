/** The taxonomies that rules cite: components with fixed GUIDs, and how an id becomes an entry of one of them. */
import { CWE_TITLES } from "./cwe-titles.js";

export interface Taxonomy {
  readonly name: string;
  readonly fullName: string;
  readonly version: string;
  readonly organization: string;
  readonly guid: string;
  readonly informationUri: string;
  readonly about: string;
  /** kind of relationship that a rule has with its entries */
  readonly kind: "superset" | "relevant";
  /** does an id belong here? */
  readonly owns: RegExp;
  title(id: string): string;
  helpUri(id: string): string;
}

/** A table written as `id title` lines. */
function table(lines: string): (id: string) => string {
  const titles = new Map<string, string>();
  for (const line of lines.trim().split("\n")) {
    const at = line.trim().indexOf(" ");
    titles.set(line.trim().slice(0, at), line.trim().slice(at + 1));
  }
  return (id) => titles.get(id) ?? id;
}

const slug = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

const apiTitle = table(`
  API1:2023 Broken Object Level Authorization
  API2:2023 Broken Authentication
  API3:2023 Broken Object Property Level Authorization
  API4:2023 Unrestricted Resource Consumption
  API5:2023 Broken Function Level Authorization
  API6:2023 Unrestricted Access to Sensitive Business Flows
  API7:2023 Server Side Request Forgery
  API8:2023 Security Misconfiguration
  API9:2023 Improper Inventory Management
  API10:2023 Unsafe Consumption of APIs`);

const top25Title = table(`
  A01:2025 Broken Access Control
  A02:2025 Security Misconfiguration
  A03:2025 Software Supply Chain Failures
  A04:2025 Cryptographic Failures
  A05:2025 Injection
  A06:2025 Insecure Design
  A07:2025 Authentication Failures
  A08:2025 Software or Data Integrity Failures
  A09:2025 Security Logging & Alerting Failures
  A10:2025 Mishandling of Exceptional Conditions`);

const nhiTitle = table(`
  NHI1:2025 Improper Offboarding
  NHI2:2025 Secret Leakage
  NHI3:2025 Vulnerable Third-Party NHI
  NHI4:2025 Insecure Authentication
  NHI5:2025 Overprivileged NHI
  NHI6:2025 Insecure Cloud Deployment Configurations
  NHI7:2025 Long-Lived Secrets
  NHI8:2025 Environment Isolation
  NHI9:2025 NHI Reuse
  NHI10:2025 Human Use of NHI`);

const csfTitle = table(`
  PR.AA-01 Identities and credentials are managed
  PR.AA-02 Identities are proofed and bound to credentials
  PR.AA-03 Users, services, and hardware are authenticated
  PR.AA-04 Identity assertions are protected, conveyed, and verified
  PR.AA-05 Access permissions, entitlements, and authorizations are defined in a policy, managed, enforced, and reviewed, and incorporate the principles of least privilege and separation of duties
  PR.DS-10 Data in use are protected
  PR.IR-01 Networks and environments are protected from unauthorized logical access and usage
  PR.PS-01 Configuration management practices are established and applied
  PR.PS-04 Log records are generated and made available
  PR.PS-06 Secure software development practices are integrated
  DE.CM-03 Personnel activity and technology usage are monitored
  DE.CM-09 Software, runtime environments and their data are monitored
  GV.PO-02 Policy is reviewed, updated, communicated, and enforced
  ID.AM-02 Inventories of software, services, and systems are maintained
  ID.AM-08 Systems, software, and services are managed throughout their life cycles
  ID.RA-07 Changes and exceptions are managed`);

const asvsTitle = table(`
  4.1.3 Headers set by intermediaries cannot be overridden by the caller
  4.1.5 Sensitive messages are signed one by one
  7.4 Session termination
  7.5.1 Full re-authentication before changes to sensitive account attributes
  7.5.3 Further authentication before highly sensitive operations
  8.1.1 Authorization documentation defines function-level and data-level rules
  8.1.2 Authorization documentation defines field-level rules
  8.1.3 Authorization documentation defines environmental attributes
  8.1.4 Authorization documentation defines how environmental factors decide
  8.2.1 Function-level access is restricted to explicit permissions
  8.2.2 Data-level access is restricted to explicit permissions
  8.2.3 Field-level access is restricted to explicit permissions
  8.2.4 Adaptive security controls are applied
  8.3.1 Authorization is enforced at a trusted service layer
  8.3.2 Changes to authorization apply immediately
  8.3.3 Access is decided by the originating subject's permissions
  8.4.1 Tenants are separated from one another
  8.4.2 Administrative interfaces have several layers of security
  9.1.1 Self-contained tokens are validated by signature before they are used
  9.1.2 Only allow-listed algorithms are accepted for tokens
  9.1.3 Token keys come from trusted, configured sources
  9.2.1 Validity time of tokens is checked
  9.2.2 Tokens are used for their intended purpose only
  9.2.3 Only tokens for this audience are accepted
  9.2.4 Audience restriction tells apart services that share a key
  10.3.1 Resource servers accept only tokens meant for them
  10.3.2 Resource servers decide by the token's claims
  10.3.3 Resource servers identify users by claims that cannot be reassigned
  10.3.4 Resource servers check strength and age of authentication
  10.3.5 Resource servers prevent the use of stolen tokens
  13.2.1 Backend components authenticate to one another
  13.2.2 Backend components run with least privilege
  13.2.3 No default credentials are used for service authentication
  13.3 Secret management
  15.3.1 Only the required subset of fields is returned
  15.3.3 Mass assignment is countered by lists of allowed fields
  15.3.4 The original address of the caller is passed on by trusted intermediaries
  16.3.1 Authentication operations are logged
  16.3.2 Failed authorization attempts are logged
  16.3.3 Security events and bypass attempts are logged
  16.3.4 Unexpected errors and failed controls are logged
  16.5.3 The application fails securely`);

/** In the order in which they appear in a log. */
export const TAXONOMIES: readonly Taxonomy[] = [
  {
    name: "CWE",
    fullName: "Common Weakness Enumeration",
    version: "4.20",
    organization: "MITRE",
    guid: "12e040fa-537d-4b0b-bedf-5cbcc3be06fe",
    informationUri: "https://cwe.mitre.org/",
    about: "The MITRE Common Weakness Enumeration",
    kind: "superset",
    owns: /^CWE-\d+$/,
    title: (id) => CWE_TITLES[Number(id.slice(4))] ?? id,
    helpUri: (id) => `https://cwe.mitre.org/data/definitions/${id.slice(4)}.html`,
  },
  {
    name: "OWASP API Security Top 10",
    fullName: "OWASP API Security Top 10 2023",
    version: "2023",
    organization: "OWASP Foundation",
    guid: "957dcb17-5acd-4214-abf6-a7f535ae4464",
    informationUri: "https://owasp.org/API-Security/editions/2023/en/0x11-t10/",
    about: "The ten most critical API security risks",
    kind: "relevant",
    owns: /^API\d+:2023$/,
    title: apiTitle,
    helpUri: (id) =>
      `https://owasp.org/API-Security/editions/2023/en/0xa${Number(id.slice(3, -5)).toString(16)}-${slug(apiTitle(id))}/`,
  },
  {
    name: "OWASP Top 10",
    fullName: "OWASP Top 10:2025",
    version: "2025",
    organization: "OWASP Foundation",
    guid: "d757ce9c-7915-4947-853c-5c0b3a32aae6",
    informationUri: "https://owasp.org/Top10/2025/",
    about: "The ten most critical web application security risks",
    kind: "relevant",
    owns: /^A\d\d:2025$/,
    title: top25Title,
    helpUri: (id) =>
      `https://owasp.org/Top10/2025/${id.slice(0, 3)}_2025-${top25Title(id).replace(/ & /g, "_and_").replace(/ /g, "_")}/`,
  },
  {
    name: "OWASP NHI Top 10",
    fullName: "OWASP Non-Human Identities Top 10 2025",
    version: "2025",
    organization: "OWASP Foundation",
    guid: "f40ed7f4-93d0-444d-84f5-eb254a6d35c3",
    informationUri: "https://owasp.org/www-project-non-human-identities-top-10/2025/",
    about: "The ten most critical risks of non-human identities",
    kind: "relevant",
    owns: /^NHI\d+:2025$/,
    title: nhiTitle,
    helpUri: (id) =>
      `https://owasp.org/www-project-non-human-identities-top-10/2025/${id.slice(3, -5)}-${slug(nhiTitle(id))}/`,
  },
  {
    name: "NIST CSF",
    fullName: "NIST Cybersecurity Framework 2.0",
    version: "2.0",
    organization: "NIST",
    guid: "debd3203-54e0-42bd-aa11-079792b5fe54",
    informationUri: "https://doi.org/10.6028/NIST.CSWP.29",
    about: "Outcomes of the NIST Cybersecurity Framework",
    kind: "relevant",
    owns: /^(?:GV|ID|PR|DE|RS|RC)\.[A-Z]{2}-\d\d$/,
    title: csfTitle,
    helpUri: () => "https://doi.org/10.6028/NIST.CSWP.29",
  },
  {
    name: "OWASP ASVS",
    fullName: "OWASP Application Security Verification Standard 5.0",
    version: "5.0.0",
    organization: "OWASP Foundation",
    guid: "5dd7cb90-9707-43d2-a86a-43921c62e32a",
    informationUri: "https://owasp.org/www-project-application-security-verification-standard/",
    about: "Requirements of the OWASP Application Security Verification Standard, in short",
    kind: "relevant",
    owns: /^ASVS-\d+\.\d+(?:\.\d+)?$/,
    title: (id) => asvsTitle(id.slice(5)),
    helpUri: () => "https://owasp.org/www-project-application-security-verification-standard/",
  },
];
