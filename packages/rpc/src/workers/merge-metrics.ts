/**
 * The metrics of several workers as one text in the format of Prometheus, each sample with the label `worker`: what is a
 * sum and what is not is for the query to say.
 *
 * @param texts the text of each worker, by its number
 */
export function mergeMetrics(texts: ReadonlyMap<number, string>): string {
  const families = new Map<string, string[]>();
  for (const [worker, text] of texts) {
    let family: string[] = [];
    for (const line of text.split('\n')) {
      const [, name] = /^# HELP (\S+)/.exec(line) ?? [];
      if (name !== undefined) family = families.get(name) ?? startFamily(families, name);
      if (!line.startsWith('#') && line !== '') family.push(label(line, worker));
      else if (line !== '' && !family.includes(line)) family.push(line);
    }
  }
  return `${[...families.values()].flat().join('\n')}\n`;
}

function startFamily(families: Map<string, string[]>, name: string): string[] {
  const family: string[] = [];
  families.set(name, family);
  return family;
}

/** `name{a="b"} 1` or `name 1`, with one label more. */
function label(sample: string, worker: number): string {
  const [, name = '', labels = '', value = ''] = /^([^{\s]+)(?:\{(.*)\})?(\s.*)$/.exec(sample) ?? [];
  return `${name}{${[`worker="${worker}"`, labels].filter(Boolean).join(',')}}${value}`;
}
