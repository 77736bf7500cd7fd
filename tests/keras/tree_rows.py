"""Calls of keras.tree, as Python writes them, whose results real Keras has given (expected_tree.json)."""

ROWS = [
    "tree.is_nested([1, 2])", "tree.is_nested(1)", "tree.is_nested({'a': 1})", "tree.is_nested(())",
    "tree.flatten([1, (2, [3]), {'b': 5, 'a': 4}])", "tree.flatten(7)", "tree.flatten([1, None])",
    "tree.flatten_with_path([{'foo': 42}])", "tree.flatten_with_path({'b': (1, 2), 'a': [3]})", "tree.flatten_with_path(4)",
    "tree.map_structure(lambda x: x + 1, [1, (2, 3)])", "tree.map_structure(lambda x, y: x * y, {'a': 2, 'b': 3}, {'a': 5, 'b': 7})",
    "tree.map_structure(lambda x: 0 if x is None else x, [1, None])", "tree.map_structure(lambda x: x + 1, [1, None], none_is_leaf=False)",
    "tree.map_structure_up_to([0, 0], lambda x: len(x), [(1, 2), [3]])",
    "tree.map_structure_up_to({'a': 0}, lambda x, y: x + y, {'a': 1}, {'a': 2})",
    "tree.pack_sequence_as([0, {'x': 0, 'y': (0,)}], [1, 2, 3])", "tree.lists_to_tuples([1, {'a': [2, 3]}])",
    "tree.map_shape_structure(lambda s: s[0], [(1, 2), {'a': (3, None)}])",
    "tree.traverse(lambda x: x + 1 if isinstance(x, int) else None, [1, (2, 3)])",
    "tree.traverse(lambda x: 'list' if isinstance(x, list) else None, {'a': [1], 'b': 2})",
    "tree.traverse(lambda x: tree.MAP_TO_NONE if x == 2 else None, [1, 2], top_down=False)",
    "tree.assert_same_structure([1, (2,)], [3, (4,)])", "tree.assert_same_structure([1], (1,))", "tree.assert_same_structure([1, 2], [1])",
    "tree.assert_same_paths([1, (2,)], (3, [4]))", "tree.assert_same_paths([1], [1, 2])", "tree.map_structure(3, [1])",
]


def answer(tree, row):
    """The result as text, or the error's class."""
    try:
        return repr(eval(row, {"tree": tree}))
    except Exception as error:
        return type(error).__name__


if __name__ == "__main__":
    import json
    import pathlib

    import keras

    answers = {row: answer(keras.tree, row) for row in ROWS}
    (pathlib.Path(__file__).parent / "expected_tree.json").write_text(json.dumps(answers, indent=1) + "\n")
