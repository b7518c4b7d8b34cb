import { untilReady } from './machine.mjs';

/** Grants rights, and resolves once the broker applies them. @param {import('kafkajs').Admin} admin */
export async function grant(admin, user, rights) {
  const { AclPermissionTypes } = await kafkajs();
  const acl = await entries(user, rights);
  await admin.createAcls({
    acl: acl.map((entry) => ({ ...entry, permissionType: AclPermissionTypes.ALLOW })),
  });
  await untilReady(`the rights of ${user}`, async () => {
    const held = await heldBy(admin, user);
    const missing = acl.find((entry) => !held.has(keyOf(entry)));
    if (missing) throw new Error(`${keyOf(missing)} is not applied yet`);
  });
}

/** Removes exactly these rights, and resolves once the broker no longer applies them. */
export async function revoke(admin, user, rights) {
  const { AclPermissionTypes } = await kafkajs();
  const acl = await entries(user, rights);
  const { filterResponses } = await admin.deleteAcls({
    filters: acl.map((entry) => ({ ...entry, permissionType: AclPermissionTypes.ALLOW })),
  });
  filterResponses.forEach(({ matchingAcls }, i) => {
    if (matchingAcls.length === 0) throw new Error(`${user} does not have ${keyOf(acl[i])}`);
  });
  await untilReady(`the removal of rights of ${user}`, async () => {
    const held = await heldBy(admin, user);
    const left = acl.find((entry) => held.has(keyOf(entry)));
    if (left) throw new Error(`${keyOf(left)} is still applied`);
  });
}

async function entries(user, rights) {
  const { AclOperationTypes, AclResourceTypes, ResourcePatternTypes } = await kafkajs();
  return rights.flatMap(({ resource, name, prefix, operations }) =>
    operations.map((operation) => ({
      resourceType: AclResourceTypes[resource],
      resourceName: name,
      resourcePatternType: prefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation: AclOperationTypes[operation],
    })),
  );
}

async function heldBy(admin, user) {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = await kafkajs();
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: `User:${user}`,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ALLOW,
  });
  return new Set(resources.flatMap((of) => of.acls.map(({ operation }) => keyOf({ ...of, operation }))));
}

const keyOf = ({ resourceType, resourceName, resourcePatternType, operation }) =>
  `${resourceType} ${resourcePatternType} ${resourceName} ${operation}`;

const kafkajs = async () => (await import('kafkajs')).default;
