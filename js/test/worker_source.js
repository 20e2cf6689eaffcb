// In the bundler's place: what is built for a worker is no text here, and no test runs it.

export async function resolve(specifier, context, next) {
  if (specifier.startsWith("worker:")) return { url: specifier, shortCircuit: true };
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (url.startsWith("worker:")) return { format: "module", source: 'export default "";', shortCircuit: true };
  return next(url, context);
}
