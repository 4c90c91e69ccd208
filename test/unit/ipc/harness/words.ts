/** What tests write into a file: a number, and a text that goes with it, so that what is torn is known. */
export interface Word {
  readonly number: number;
  readonly text: string;
}

export function wordOf(number: number): Word {
  return { number, text: textOf(number) };
}

export function isWord(value: unknown): value is Word {
  return (
    typeof value === 'object' &&
    value !== null &&
    'number' in value &&
    'text' in value &&
    typeof value.number === 'number' &&
    value.text === textOf(value.number)
  );
}

function textOf(number: number): string {
  return `${number} `.repeat(1 + ((number * 37) % 900));
}
