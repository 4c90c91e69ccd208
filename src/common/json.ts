import * as v from 'valibot';

/** What a text says in JSON, if that is as the schema wants it; undefined for anything else, also where there is no text. */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string | undefined,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return parsed.success ? parsed.output : undefined;
}
