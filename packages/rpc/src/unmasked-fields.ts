import { clearField, type DescField, type DescMessage, isFieldSet, type Message } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { maxItemsOf } from './normalize-request.ts';

type Fields = Record<string, unknown>;

/** Where a request of an update has its mask, and what the mask is about. */
interface MaskedUpdate {
  readonly mask: DescField;
  readonly resource: DescField & { readonly message: DescMessage };
}

/** Say which resource, and which version of it: no mask leaves them out. */
const addressFields = new Set(['id', 'etag']);
const maxPaths = maxItemsOf(FieldMaskSchema.field.paths) ?? 0;
const known = new WeakMap<DescMessage, MaskedUpdate | undefined>();

/**
 * Takes out of an update's resource what its mask leaves out, so that whoever looks at the request meanwhile does not see
 * it (AIP-134: such fields are ignored); disposing puts it back. Nothing is taken where there is no mask or `*` is in it;
 * nor a list beyond its `max_items`, which is refused in any case: a fingerprint of two million items takes a second.
 * Undefined for what is no such request.
 */
export function setAsideUnmasked(desc: DescMessage, message: Message): Disposable | undefined {
  const update = findMaskedUpdate(desc);
  if (update === undefined) return undefined;
  const aside = findUnmasked(update, message);
  const kept = aside.fields.map(({ localName }) => (aside.resource as unknown as Fields)[localName]);
  for (const field of aside.fields) clearField(aside.resource, field);
  return {
    [Symbol.dispose]() {
      for (const [index, { localName }] of aside.fields.entries()) {
        (aside.resource as unknown as Fields)[localName] = kept[index];
      }
    },
  };
}

function findUnmasked(update: MaskedUpdate, message: Message): { resource: Message; fields: readonly DescField[] } {
  const none = { resource: message, fields: [] };
  const { [update.mask.localName]: mask, [update.resource.localName]: resource } = message as unknown as Fields;
  const paths = (mask as { paths: readonly string[] } | undefined)?.paths ?? [];
  if (resource === undefined || paths.length === 0 || paths.length > maxPaths || paths.includes('*')) return none;
  const isLeftOut = (field: DescField) => !addressFields.has(field.name) && !paths.includes(field.name);
  const fields = update.resource.message.fields.filter(
    (field) => isLeftOut(field) && isFieldSet(resource as Message, field) && !isTooLong(resource as Message, field),
  );
  return { resource: resource as Message, fields };
}

function isTooLong(resource: Message, field: DescField): boolean {
  const value = (resource as unknown as Fields)[field.localName];
  return Array.isArray(value) && value.length > (maxItemsOf(field) ?? Number.POSITIVE_INFINITY);
}

/** By its shape: `{ resource, update_mask, request_id }`. */
function findMaskedUpdate(desc: DescMessage): MaskedUpdate | undefined {
  if (known.has(desc)) return known.get(desc);
  const isMask = ({ message }: DescField) => message?.typeName === FieldMaskSchema.typeName;
  const mask = desc.fields.find(isMask);
  const resource = desc.fields.find((field) => field.fieldKind === 'message' && !isMask(field));
  const update = mask && resource && { mask, resource: resource as MaskedUpdate['resource'] };
  known.set(desc, update);
  return update;
}
