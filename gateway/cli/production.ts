/**
 * Imported before everything else: graphql-js reads this when it is loaded, and in development it
 * looks closely at each value that it meets, which costs every search some of its time.
 */
process.env['NODE_ENV'] ??= 'production';
