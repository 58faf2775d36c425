/** Every rule, in the order of the codes. One line per rule. */
import type { Rule } from "../src/model/rule.js";
import { unguardedRoute } from "./AG101-unguarded-route.js";
import { guardOutOfReach } from "./AG102-guard-out-of-reach.js";
import { guardWithoutEffect } from "./AG103-guard-without-effect.js";
import { weakerThanSiblings } from "./AG104-weaker-than-siblings.js";
import { edgeMiddlewareOnly } from "./AG105-edge-middleware-only.js";
import { exposedAdminSurface } from "./AG106-exposed-admin-surface.js";
import { loosePublicPattern } from "./AG107-loose-public-pattern.js";
import { unverifiedWebhook } from "./AG108-unverified-webhook.js";
import { talkativeRejection } from "./AG109-talkative-rejection.js";
import { unverifiedClaims } from "./AG201-unverified-claims.js";
import { claimsBeforeVerification } from "./AG202-claims-before-verification.js";
import { weakVerification } from "./AG203-weak-verification.js";
import { verificationIgnored } from "./AG204-verification-ignored.js";
import { clientAssertedIdentity } from "./AG205-client-asserted-identity.js";
import { unverifiedSession } from "./AG206-unverified-session.js";
import { tokenPurposeUnchecked } from "./AG207-token-purpose-unchecked.js";
import { unsafeTokenStorage } from "./AG208-unsafe-token-storage.js";
import { unrevocableToken } from "./AG209-unrevocable-token.js";
import { unverifiedEmailLinking } from "./AG210-unverified-email-linking.js";
import { unscopedQuery } from "./AG301-unscoped-query.js";
import { tenantFromInput } from "./AG302-tenant-from-input.js";
import { optionalTenantFilter } from "./AG303-optional-tenant-filter.js";
import { checkedOneUsedAnother } from "./AG304-checked-one-used-another.js";
import { ineffectiveTenantFilter } from "./AG305-ineffective-tenant-filter.js";
import { uncheckedReference } from "./AG306-unchecked-reference.js";
import { tenantMassAssignment } from "./AG307-tenant-mass-assignment.js";
import { unusedPrincipal } from "./AG308-unused-principal.js";
import { jobWithoutTenant } from "./AG309-job-without-tenant.js";
import { superuserBypass } from "./AG401-superuser-bypass.js";
import { superuserWidensQuery } from "./AG402-superuser-widens-query.js";
import { environmentBypass } from "./AG403-environment-bypass.js";
import { hardCodedIdentity } from "./AG404-hard-coded-identity.js";
import { headerBackdoor } from "./AG405-header-backdoor.js";
import { failOpen } from "./AG406-fail-open.js";
import { elevatedClient } from "./AG407-elevated-client.js";
import { privilegeMassAssignment } from "./AG408-privilege-mass-assignment.js";
import { unauditedImpersonation } from "./AG409-unaudited-impersonation.js";
import { authenticationOnly } from "./AG501-authentication-only.js";
import { scatteredRoleCheck } from "./AG502-scattered-role-check.js";
import { decisionIgnored } from "./AG503-decision-ignored.js";
import { decisionNotLogged } from "./AG504-decision-not-logged.js";
import { unexplainedDenial } from "./AG505-unexplained-denial.js";
import { staleClaimDecision } from "./AG506-stale-claim-decision.js";
import { stepUpMissing } from "./AG507-step-up-missing.js";
import { mixedAdminSurface } from "./AG508-mixed-admin-surface.js";
import { serviceAccountAsUser } from "./AG509-service-account-as-user.js";
import { coarseScope } from "./AG510-coarse-scope.js";
import { routeNotInPolicy } from "./AG601-route-not-in-policy.js";
import { weakerThanPolicy } from "./AG602-weaker-than-policy.js";
import { stalePolicyEntry } from "./AG603-stale-policy-entry.js";
import { expiredException } from "./AG604-expired-exception.js";
import { unknownPolicyReference } from "./AG605-unknown-policy-reference.js";
import { untestedAuthorization } from "./AG606-untested-authorization.js";
import { unownedControl } from "./AG607-unowned-control.js";

export const rules: readonly Rule[] = [
  unguardedRoute,
  guardOutOfReach,
  guardWithoutEffect,
  weakerThanSiblings,
  edgeMiddlewareOnly,
  exposedAdminSurface,
  loosePublicPattern,
  unverifiedWebhook,
  talkativeRejection,
  unverifiedClaims,
  claimsBeforeVerification,
  weakVerification,
  verificationIgnored,
  clientAssertedIdentity,
  unverifiedSession,
  tokenPurposeUnchecked,
  unsafeTokenStorage,
  unrevocableToken,
  unverifiedEmailLinking,
  unscopedQuery,
  tenantFromInput,
  optionalTenantFilter,
  checkedOneUsedAnother,
  ineffectiveTenantFilter,
  uncheckedReference,
  tenantMassAssignment,
  unusedPrincipal,
  jobWithoutTenant,
  superuserBypass,
  superuserWidensQuery,
  environmentBypass,
  hardCodedIdentity,
  headerBackdoor,
  failOpen,
  elevatedClient,
  privilegeMassAssignment,
  unauditedImpersonation,
  authenticationOnly,
  scatteredRoleCheck,
  decisionIgnored,
  decisionNotLogged,
  unexplainedDenial,
  staleClaimDecision,
  stepUpMissing,
  mixedAdminSurface,
  serviceAccountAsUser,
  coarseScope,
  routeNotInPolicy,
  weakerThanPolicy,
  stalePolicyEntry,
  expiredException,
  unknownPolicyReference,
  untestedAuthorization,
  unownedControl,
];
