import { Kind, parse } from 'graphql';
import { contract } from '../sdl.ts';
import { fieldScalars, type NestedType, type TypedCollection } from './model.ts';
import type { Place, TypedCollections } from './model.ts';
import { filterTypeOf, generatedNamesOf, inputTypeOf } from './names.ts';
import { placeText, type Problems } from './problems.ts';

/** No two things in the graph that is made have one name, and no two types are one collection. */
export function checkNames({ collections, nested }: TypedCollections, problems: Problems): void {
  const owners = new Map(namesOfContract().map((name) => [name, 'Quiver']));
  // What somebody wrote comes before what is made: the complaint is about the latter.
  for (const { type, place } of collections) takeDeclared(type, place, owners, problems);
  for (const { name, place } of nested) takeDeclared(name, place, owners, problems);
  for (const collection of collections) takeGenerated(claimOf(collection), owners, problems);
  for (const type of nested) takeGenerated(claimOfNested(type), owners, problems);
  checkCollections(collections, problems);
}

/** Types as they are, fields as "Query.docs". */
type Owners = Map<string, string>;

interface Claim {
  readonly type: string;
  readonly place: Place;
  readonly names: readonly string[];
  readonly remedy: string;
}

function namesOfContract(): string[] {
  const names: string[] = [...fieldScalars, 'FieldSet', 'Subscription'];
  for (const definition of parse(contract).definitions) {
    if (!('name' in definition) || !definition.name) continue;
    const name = definition.name.value;
    names.push(name);
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    names.push(...(definition.fields ?? []).map((field) => `${name}.${field.name.value}`));
  }
  return names;
}

function takeDeclared(type: string, place: Place, owners: Owners, problems: Problems): void {
  const owner = owners.get(type);
  if (owner) problems.report(place, `A type must have a name of its own; ${owner} has ${type}.`);
  else if (/^(Vector|_)|__/.test(type)) {
    problems.report(
      place,
      `The name of a type must not begin with Vector or _, nor have __ in it; got ${type}.`,
    );
  }
  owners.set(type, `${type} (${placeText(place)})`);
}

function takeGenerated({ type, place, names, remedy }: Claim, owners: Owners, problems: Problems) {
  const taken = new Map<string, string[]>();
  for (const name of names) {
    const owner = owners.get(name);
    if (owner) taken.set(owner, [...(taken.get(owner) ?? []), name]);
    else owners.set(name, `${type} (${placeText(place)})`);
  }
  for (const [owner, clashes] of taken) {
    problems.report(
      place,
      `What is made for ${type} must have names of its own; ${owner} has ${clashes.join(', ')}. ${remedy}`,
    );
  }
}

function claimOf(collection: TypedCollection): Claim {
  const { Query, Mutation, types } = generatedNamesOf(collection);
  return {
    type: collection.type,
    place: collection.place,
    names: [
      ...Query.map((field) => `Query.${field}`),
      ...Mutation.map((field) => `Mutation.${field}`),
      ...types,
    ],
    remedy: 'Rename the type, or choose others with one: and many:.',
  };
}

const claimOfNested = ({ name, place }: NestedType): Claim => ({
  type: name,
  place,
  names: [inputTypeOf(name), filterTypeOf(name)],
  remedy: 'Rename the type.',
});

function checkCollections(collections: readonly TypedCollection[], problems: Problems): void {
  const first = new Map<string, TypedCollection>();
  for (const one of collections) {
    const name = `${JSON.stringify(one.collection)} of bucket ${JSON.stringify(one.bucket)}`;
    const other = first.get(name);
    if (!other) first.set(name, one);
    else {
      problems.report(
        one.place,
        `A collection must have one type; ${name} has ${other.type} (${placeText(other.place)}).`,
      );
    }
  }
}
