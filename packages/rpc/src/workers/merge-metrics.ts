interface Family {
  readonly lines: string[];
  /** Who tells of a metric that is the same for all workers: the first that has samples of it. */
  teller?: number;
}

/**
 * The metrics of several workers as one text in the format of Prometheus, each sample with the label `worker`: what is a
 * sum and what is not is for the query to say.
 *
 * @param texts the text of each worker, by its number
 * @param ofAll the names of metrics that each worker shows alike, as they are not of itself: shown once, without a worker
 */
export function mergeMetrics(texts: ReadonlyMap<number, string>, ofAll: ReadonlySet<string>): string {
  const families = new Map<string, Family>();
  for (const [worker, text] of texts) {
    let [name, family]: [string, Family] = ['', { lines: [] }];
    for (const line of text.split('\n')) {
      const [, begun] = /^# HELP (\S+)/.exec(line) ?? [];
      if (begun !== undefined) [name, family] = [begun, families.get(begun) ?? startFamily(families, begun)];
      if (line.startsWith('#') && !family.lines.includes(line)) family.lines.push(line);
      if (line.startsWith('#') || line === '') continue;
      family.teller ??= worker;
      if (!ofAll.has(name)) family.lines.push(label(line, worker));
      else if (family.teller === worker) family.lines.push(line);
    }
  }
  return `${[...families.values()].flatMap(({ lines }) => lines).join('\n')}\n`;
}

function startFamily(families: Map<string, Family>, name: string): Family {
  const family: Family = { lines: [] };
  families.set(name, family);
  return family;
}

/** `name{a="b"} 1` or `name 1`, with one label more. */
function label(sample: string, worker: number): string {
  const [, name = '', labels = '', value = ''] = /^([^{\s]+)(?:\{(.*)\})?(\s.*)$/.exec(sample) ?? [];
  return `${name}{${[`worker="${worker}"`, labels].filter(Boolean).join(',')}}${value}`;
}
