// Numbers in place of hashes of paths, so that the same sources give the same bundle in whatever folder they are built.
module.exports = { optimization: { moduleIds: 'natural', chunkIds: 'natural' } };
